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
    let (figures, key, fingerprint) = try await asking { () async throws(LedgerError) in
      (try await self.vitals(), try ledger.verifierKey, ledger.keys.masterKeyFingerprint)
    }
    let signs =
      VitalSign.all(of: figures) + [
        VitalSign(
          "Sessions", "\(sessions.count(at: figures.now))", "People who are signed in to the portal now.")
      ]
    let count = signs.count(where: \.needsSomebody)
    let words: HTML =
      count == 0 ? "Nothing needs you." : count == 1 ? "One thing needs you." : "\(count) things need you."
    let content: HTML = #"""
      \#(Part.header("Health", below: "<p>As of \(Part.exact(figures.now)). \(words)</p>"))
      <div class="table-box"><dl class="vitals">\#(signs.map(\.html))</dl></div>
      \#(CommitCharts(of: figures).drawing)
      <section class="card stack" aria-labelledby="keys"><h2 id="keys">Keys</h2><dl class="facts"><dt>Public key</dt><dd><code id="public-key">\#(key)</code><br><button class="button button-small" type="button" hidden data-copy="public-key" data-done="Copied" data-failed="Press Ctrl+C">Copy key</button></dd><dt>Master key</dt><dd><code>\#(fingerprint)</code></dd></dl><p class="soft">Publish the public key where the ledger’s operator cannot change it, so that others can check what this ledger signs. Keep a copy of the master key elsewhere: without it nothing personal can be read.</p></section>
      \#(Part.commandLine(["credledger status", "credledger doctor", "credledger stats", "credledger key list"]))
      """#
    return .html(layout().page(Page("Health", at: .health, content), for: viewer))
  }

  /// The figures of the ledger, with those of the copies that the settings name: their files are read as well.
  func vitals() async throws(LedgerError) -> Vitals {
    var vitals = try Vitals(of: ledger)
    if let folder = settings.backups {
      do throws(LedgerError) {
        let newest = try await ledger.backups.findNewest(in: folder)
        vitals.backup = newest.flatMap { $0.time }.map { Vitals.Copy.made($0) } ?? .missing
      } catch { vitals.backup = .unreadable }
    }
    if let file = settings.cosigned {
      do throws(LedgerError) {
        let time = try await ledger.evidence.cosignedAt(in: file.path, by: file.witness)
        vitals.cosigned = time.map { Vitals.Copy.made($0) } ?? .missing
      } catch { vitals.cosigned = .unreadable }
    }
    return vitals
  }
}
