import CredentialLedger
import Hummingbird
import LedgerOperations

/// How the ledger does, for operators.
extension ManagementPortal {
  /// Pages of operators are not there for anybody else.
  func requireOperator(_ viewer: Viewer) throws(PortalFailure) {
    guard viewer.account.role == .operator else { throw .notFound("page") }
  }

  func healthPage(_ visit: Visit, _ viewer: Viewer) async throws(PortalFailure) -> Response {
    try requireOperator(viewer)
    let (health, key, fingerprint) = try await asking { () throws(LedgerError) in
      (try ledger.health, try ledger.verifierKey, ledger.keys.masterKeyFingerprint)
    }
    let behind = max(0, health.unsignedSince.map { (health.now - $0).components.seconds } ?? 0)
    let checkpointTone = behind < 10 ? "good" : behind < 60 ? "warn" : "bad"
    let signs = [
      Self.sign(
        "Writing", health.fault?.rawValue ?? "Ready", "What commands are answered with.",
        health.fault == nil ? "good" : "bad"),
      Self.sign("Events", Part.number(health.head), "Everything that was ever recorded.", "good"),
      Self.sign(
        "Checkpoint", "over \(Part.number(health.signedSize))",
        behind == 0 ? "Every event is under it." : "The oldest event beyond it is \(behind) s old.", checkpointTone),
      Self.sign(
        "Waiting requests", String(health.waiting), "Requests that the writer has not taken yet.",
        health.waiting < 100 ? "good" : "warn"),
      Self.sign(
        "Sessions", String(sessions.count(at: health.now)), "People who are signed in to the portal now.", "good"),
    ]
    let words = signs.contains { $0.text.contains("status bad") } ? "Something needs you." : "Nothing needs you."
    let content: HTML = #"""
      \#(Part.header("Health", below: "<p>As of \(Part.exact(health.now)). \(words)</p>"))
      <div class="table-box"><dl class="vitals">\#(signs)</dl></div>
      <section class="card stack" aria-labelledby="keys"><h2 id="keys">Keys</h2><dl class="facts"><dt>Public key</dt><dd><code id="public-key">\#(key)</code><br><button class="button button-small" type="button" hidden data-copy="public-key" data-done="Copied" data-failed="Press Ctrl+C">Copy key</button></dd><dt>Master key</dt><dd><code>\#(fingerprint)</code></dd></dl><p class="soft">Publish the public key where the ledger’s operator cannot change it, so that others can check what this ledger signs. Keep a copy of the master key elsewhere: without it nothing personal can be read.</p></section>
      \#(Part.commandLine(["credledger stats", "credledger verify", "credledger key list"]))
      """#
    return .html(layout().page(Page("Health", at: .health, content), for: viewer))
  }

  private static func sign(_ name: String, _ value: String, _ meaning: String, _ tone: String) -> HTML {
    let word = tone == "good" ? "OK" : tone == "warn" ? "Watch" : "Late"
    return #"""
      <div><dt><span>\#(name)</span>\#(Part.status(tone, word))</dt><dd>\#(value)<p class="hint">\#(meaning)</p></dd></div>
      """#
  }
}
