import CredentialLedger
import Hummingbird
import LedgerOperations

/// An event with its proof, to be printed: for people who read paper. What proves it is the file.
extension ManagementPortal {
  func reportPage(_ visit: Visit, _ viewer: Viewer) async throws(PortalFailure) -> Response {
    let entry = try await entry(visit, viewer)
    // The file and the paper prove by the same checkpoint.
    let (words, proof, bundle, personal) = try await asking { () async throws(LedgerError) in
      let proof = try await ledger.integrity.proveInclusion(of: entry.position)
      return (
        try await self.words(for: [entry], to: viewer).unlinked, proof,
        try await ledger.evidence.bundle(of: [entry.position], at: proof.checkpoint),
        try await ledger.audit.describe([entry]).personal[entry.position] ?? []
      )
    }
    let position = entry.position
    let hashes = proof.inclusion.hashes
    let lines =
      ["position   \(position)", "leaf hash  \(proof.leafHash.hex)"] + hashes.map { "  \($0.hex)" }
      + ["tree size  \(proof.inclusion.treeSize)", "root       \(Self.root(of: proof)?.hex ?? "")"]
    let keys = bundle.keys.map { "<li><code>\($0)</code></li>" as HTML }
    let content: HTML = #"""
      \#(Part.header("Evidence of event \(Part.number(position))", trail: Part.trail([("Audit trail", "/portal/audit"), ("Event \(Part.number(position))", "/portal/events/\(position)"), ("Report", nil)]), below: "<p>Made \(Part.exact(try now)) by \(Part.name(viewer.name)), request <code>\(visit.context.requestID)</code>.</p>", buttons: #"<a class="button button-main" href="/portal/evidence/\#(position)">Download evidence</a>"#))
      <section class="stack" aria-labelledby="says"><h2 id="says">1. What it says</h2><p><strong>\#(words.sentence(entry))</strong></p><dl class="facts"><dt>Type</dt><dd><code>\#(entry.type.name ?? "event")</code></dd><dt>When</dt><dd>\#(Part.exact(entry.time)) UTC</dd><dt>Who</dt><dd>\#(words.name(entry.actor)) <code>\#(entry.actor.description)</code></dd></dl></section>
      <section class="stack" aria-labelledby="fields"><h2 id="fields">2. What is in it</h2>\#(Self.changes(entry, words, personal, mayReveal: false, hasHeading: false))</section>
      <section class="stack" aria-labelledby="proves"><h2 id="proves">3. What proves it</h2><p>The leaf hash is the hash of the event’s record. Combined with the hashes below it, in this order, it gives the root of the tree:</p><pre><code id="proof">\#(lines.joined(separator: "\n"))</code></pre><p>The event stands in the ledger, unaltered, under this checkpoint, which is signed by its key:</p><pre><code>\#(bundle.checkpoint)</code></pre><p>Public keys, to be compared with those that the ledger’s owner gave you:</p><ul class="stack">\#(keys)</ul></section>
      <section class="stack" aria-labelledby="check"><h2 id="check">4. How to check it</h2><p>This paper proves nothing by itself; the file <code>evidence-\#(position).json</code> does. It proves that this event is in the ledger, and not that there are no others. Use a public key that did not come with it:</p><pre><code>credledger verify-bundle evidence-\#(position).json --key "$(cat published/key)"</code></pre></section>
      \#(Part.commandLine(["credledger bundle \(position) --out evidence-\(position).json --html report-\(position).html"]))
      """#
    return .html(
      layout().page(Page("Evidence of event \(Part.number(position))", at: .audit, narrow: true, content), for: viewer))
  }

  /// The root that the checkpoint of a proof signs.
  private static func root(of proof: EventProof) -> Digest? {
    guard let note = try? SignedNote(decoding: Array(proof.checkpoint.utf8)) else { return nil }
    return (try? Checkpoint(noteText: note.text))?.root
  }
}
