import CredentialLedger
import LedgerOperations

/// Evidence as one page for a lay reader: printable, without anything from elsewhere, and with the evidence itself in it.
struct EvidencePage {
  /// What a page begins with.
  static let beginning = Array("<!DOCTYPE html>\n".utf8)
  private static let opening = "<script type=\"text/plain\" id=\"evidence\">\n"

  let bundle: EvidenceBundle
  /// Nil where positions were named, and nothing was asked.
  let explanation: Explanation?
  let labels: [Subject: Audit.Label]
  let evidence: VerifiedEvidence
  let note: SignedNote

  private var origin: String { evidence.origin }
  private var size: UInt64 { evidence.size }

  var encoded: [UInt8] { Array(text.utf8) }

  /// The evidence in a page; nil where it is no such page.
  static func evidence(in page: [UInt8]) -> [UInt8]? {
    guard page.starts(with: beginning) else { return nil }
    let text = String(decoding: page, as: UTF8.self)
    guard let start = text.firstRange(of: opening)?.upperBound,
      let end = text[start...].firstRange(of: "</script>")?.lowerBound
    else { return nil }
    return Base64.decode(text[start..<end].filter { !$0.isWhitespace })
  }

  private var text: String {
    var text = String(decoding: Self.beginning, as: UTF8.self)
    text += """
      <html lang="en">
      <head>
      <meta charset="utf-8">
      <meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
      <meta name="viewport" content="width=device-width, initial-scale=1">
      <title>Evidence from \(escaped(origin))</title>
      <style>
      body { font: 16px/1.5 sans-serif; max-width: 50rem; margin: 2rem auto; padding: 0 1rem; color: #1a202c; background: #fff; }
      h1 { font-size: 1.5rem; } h2 { font-size: 1.15rem; margin-top: 2rem; }
      table { border-collapse: collapse; width: 100%; } th, td { text-align: left; padding: 0.3rem 0.6rem; border-bottom: 1px solid #cbd5e0; }
      .verdict { border-left: 4px solid #2b6cb0; padding: 0.5rem 1rem; background: #ebf4ff; }
      .decides td { background: #fffaf0; font-weight: bold; } code { font-size: 0.9rem; overflow-wrap: anywhere; }
      @media print { body { margin: 0; max-width: none; } h2 { break-after: avoid; } tr { break-inside: avoid; } }
      </style>
      </head>
      <body>
      <h1>Evidence from the ledger \(escaped(origin))</h1>

      """
    text += question
    text += chain
    text += table
    text += meaning
    text += "\(Self.opening)\(Self.wrapped(Base64.encode(bundle.encoded)))\n</script>\n</body>\n</html>\n"
    return text
  }

  private var question: String {
    guard let explanation, let subject = explanation.subject else { return "" }
    let verdict =
      explanation.sentence(labels).map { "No. \(labels.name(subject)) was not valid at that time: \($0)." }
      ?? "Yes. \(labels.name(subject)) was valid at that time."
    return """
      <h2>The question</h2>
      <p>Was \(escaped("\(subject)")) valid at \(escaped("\(explanation.time)")) (UTC)?</p>
      <p class="verdict">\(escaped(verdict))</p>

      """
  }

  /// The events as a picture, from the first to the last, the deciding one marked.
  private var chain: String {
    guard let explanation, !explanation.steps.isEmpty else { return "" }
    let (row, width) = (56, 640)
    let height = explanation.steps.count * row + 8
    var text = """
      <h2>The chain</h2>
      <svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 \(width) \(height)" width="100%" role="img" font-family="sans-serif" font-size="14">
      <title>The events that led to the verdict, the oldest first; the deciding one has a thick frame</title>

      """
    for (index, step) in explanation.steps.enumerated() {
      let y = index * row + 4
      let decides = step == explanation.decidedBy
      if index > 0 { text += "<path d=\"M40 \(y - 16) V\(y)\" stroke=\"#4a5568\" stroke-width=\"2\"/>\n" }
      text += """
        <rect x="2" y="\(y)" width="\(width - 4)" height="40" rx="6" fill="\(decides ? "#fffaf0" : "#f7fafc")" stroke="\(decides ? "#c05621" : "#4a5568")" stroke-width="\(decides ? 3 : 1)"/>
        <text x="14" y="\(y + 25)">\(escaped("\(step.position)  \(step.type)  \(labels.name(step.object))".cut(to: 62)))\(decides ? "  (decides)" : "")</text>

        """
    }
    return text + "</svg>\n"
  }

  private var table: String {
    var text = """
      <h2>The events</h2>
      <table>
      <thead><tr><th>Position</th><th>Time (UTC)</th><th>Event</th><th>About</th><th>Caused by</th></tr></thead>
      <tbody>

      """
    if let explanation {
      for step in explanation.steps {
        let isDecisive = step == explanation.decidedBy
        let by = step.namedOperator.map { Subject($0) } ?? step.actor
        text += row(
          step.position, ["\(step.time)", "\(step.type)\(isDecisive ? " (decides)" : "")", labels.name(step.object)],
          by: by, step.reason, step.ticket, style: isDecisive ? " class=\"decides\"" : "")
      }
    } else {
      for record in evidence.records {
        guard let entry = record.entry else {
          text +=
            "<tr><td>\(record.position)</td><td colspan=\"4\">of a type that this program does not know</td></tr>\n"
          continue
        }
        let about = Self.about(entry).map { labels.name($0) }.joined(separator: ", ")
        text += row(
          entry.position, ["\(entry.time)", "\(entry.type)", about.isEmpty ? "the ledger" : about], by: Self.by(entry),
          entry.reason, entry.ticket)
      }
    }
    return text + "</tbody>\n</table>\n"
  }

  /// - Parameter cells: time, event and about, not escaped yet.
  private func row(
    _ position: Position, _ cells: [String], by: Subject, _ reason: String?, _ ticket: String?, style: String = ""
  ) -> String {
    let why = [reason, ticket.map { "ticket \($0)" }].compactMap(\.self).joined(separator: ", ")
    let cause = why.isEmpty ? labels.name(by) : "\(labels.name(by)): \(why)"
    var text = "<tr\(style)><td>\(position)</td>"
    for cell in cells + [cause] { text += "<td>\(escaped(cell))</td>" }
    return text + "</tr>\n"
  }

  /// What an event made; else what it concerns.
  private static func about(_ entry: AuditEntry) -> [Subject] {
    if let object = entry.object { return [object] }
    return entry.subjects.filter { $0.kind != .operator }
  }

  private static func by(_ entry: AuditEntry) -> Subject {
    entry.namedOperator.map { Subject($0) } ?? entry.actor
  }

  /// Those whom a page names.
  static func people(_ explanation: Explanation?, _ evidence: VerifiedEvidence) -> [Subject] {
    if let explanation { return explanation.steps.flatMap(\.people) }
    return evidence.records.compactMap(\.entry).flatMap { about($0) + [by($0)] }
  }

  /// Who signed the checkpoint, in words. A witness's key is not at hand, so only the ledger's signatures were checked.
  private var signers: [String] {
    let own = bundle.keys.compactMap { try? VerifierKey($0) }
    return note.signatures.map { signature in
      let digits = String(signature.keyID, radix: 16)
      let key = "\(signature.keyName)+\(String(repeating: "0", count: 8 - digits.utf8.count))\(digits)"
      if own.contains(where: { $0.id == signature.keyID && $0.name == signature.keyName }) {
        return "The ledger, by its key \(key). The program that wrote this page has checked that."
      }
      guard let time = signature.cosignedAt else {
        return "\(key), by a signature that is neither the ledger's nor a witness's. It was not checked."
      }
      return "The witness \(key), by a cosignature of \(Timestamp(seconds: time)) (UTC), by the witness's clock. "
        + "It was not checked: that takes the witness's own public key."
    }
  }

  private var meaning: String {
    let keys = bundle.keys.map { "<li><code>\(escaped($0))</code></li>" }.joined(separator: "\n")
    let signed = signers.map { "<li>\(escaped($0))</li>" }.joined(separator: "\n")
    return """
      <h2>What this proves</h2>
      <ul>
      <li>Each of the \(bundle.entries.count == 1 ? "1 event" : "\(bundle.entries.count) events") is in the ledger \(escaped(origin)), at its position and unaltered, up to the checkpoint over \(size) of its events.</li>
      <li>Who holds the signing key of the ledger has vouched for that checkpoint.</li>
      \(completeness)
      </ul>
      <h2>What this does not prove</h2>
      <ul>
      <li>The times are what the operator's clock said. Only a cosignature by a witness shows that an event was there at a time.</li>
      <li>\(omissions)</li>
      <li>The verdict and the words on this page are those of the program that wrote it. What is proven are the records, which a check prints.</li>
      <li>The keys on this page deserve no trust by themselves: compare them with those that the ledger's owner gave you.</li>
      </ul>
      <h2>Who signed</h2>
      <ul>
      \(signed)
      </ul>
      <p>The public keys:</p>
      <ul>
      \(keys)
      </ul>
      <h2>How to check it</h2>
      <p>With the program: <code>credledger verify-bundle PAGE.html --key KEY</code>, where KEY is the ledger's key as you got it from its owner. <code>--witness KEY</code> checks a cosignature besides, where KEY is the witness's key as you got it from the witness.</p>
      <p>Without it: the text between the <code>script</code> tags at the end of this file is the evidence in base64. Decode it, and check each record's inclusion proof (RFC 6962, section 2.1.1) against the root in the signed checkpoint (C2SP tlog-checkpoint and signed-note), as the independent verifier <code>verify-proofs bundle</code> does.</p>

      """
  }

  /// The object whose every event up to the checkpoint is in the file; nil where some may be left out.
  private var complete: Subject? {
    guard let subject = explanation?.subject, subject.number <= size else { return nil }
    let positions = Set(bundle.entries.map(\.position.rawValue))
    let range = subject.number...size
    guard range.count <= positions.count else { return nil }
    return range.allSatisfy { positions.contains($0) } ? subject : nil
  }

  /// What the file proves of events that there are not.
  private var completeness: String {
    guard let complete else { return "" }
    return
      "<li>No event from position \(complete.number), where \(escaped("\(complete)")) was made, to \(size), the last one under the checkpoint, is left out: nothing else happened to it in the ledger up to there.</li>"
  }

  private var omissions: String {
    guard let subject = explanation?.subject else {
      return
        "Events that are left out prove nothing: whether others about the same object are in the ledger, earlier or later, shows in the ledger alone, or in a mirror of all of it."
    }
    let named = escaped("\(subject)")
    guard complete == nil else {
      return
        "Events after the checkpoint, and events before \(named) was made that are not shown, prove nothing by being left out: whether there are any shows in the ledger alone, or in a mirror of all of it."
    }
    return
      "The chain is that of \(named), as the ledger's own index lists it up to the checkpoint. That it is complete is not proven: a later event about \(named) that was left out shows in the ledger alone, in a mirror of all of it, or in a file made with --complete."
  }

  private func escaped(_ text: String) -> String { Self.escaped(text) }

  /// Names come from other people.
  private static func escaped(_ text: String) -> String {
    text.printable.replacing("&", with: "&amp;").replacing("<", with: "&lt;").replacing(">", with: "&gt;")
      .replacing("\"", with: "&quot;")
  }

  private static func wrapped(_ text: String) -> String {
    var lines: [Substring] = []
    var rest = text[...]
    while !rest.isEmpty {
      lines.append(rest.prefix(120))
      rest = rest.dropFirst(120)
    }
    return lines.joined(separator: "\n")
  }
}
