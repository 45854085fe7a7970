import CredentialLedger

/// An event of the ledger as one of CNCF CloudEvents 1.0, in its JSON format, for whatever collects events: one a line.
///
/// | Attribute | What it is |
/// | --- | --- |
/// | `id` | the position: with the source it names the event for good |
/// | `source` | `credledger://` and the ledger's origin |
/// | `type` | `credledger.` and the event's type, such as `credledger.token.issued` |
/// | `subject` | what the event made, or else what it concerns first, such as `token:42`; left out where there is neither |
/// | `time` | when it was recorded |
/// | `sequence` | the position with zeros before it, to be sorted as text (the extension of that name) |
/// | `actor` | who caused it, such as `connector:9` (an extension); left out where the record is in an archive not named |
/// | `data` | the event as `credledger audit --format ndjson` has it |
enum CloudEvent {
  static func json(_ event: AuditedEvent, origin: String) -> JSON {
    let position = "\(event.position)"
    var members: [(String, JSON)] = [
      ("specversion", .string("1.0")), ("id", .string(position)), ("source", .string(source(origin))),
      ("type", .string("credledger." + (event.type.name ?? "\(event.type.rawValue)"))),
    ]
    if let subject = event.object ?? event.entry?.subjects.first { members.append(("subject", .string("\(subject)"))) }
    members += [
      ("time", .string("\(event.time)")),
      ("sequence", .string(String(repeating: "0", count: 20 - position.count) + position)),
    ]
    if let entry = event.entry { members.append(("actor", .string("\(entry.actor)"))) }
    members += [
      ("datacontenttype", .string("application/json")), ("data", event.json(AuditField.allCases)),
    ]
    return .object(members)
  }

  /// The ledger as a URI (RFC 3986); what has no place in one is percent-encoded.
  static func source(_ origin: String) -> String {
    var text = "credledger://"
    for byte in origin.utf8 {
      switch byte {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"),
        UInt8(ascii: "~"), UInt8(ascii: "/"), UInt8(ascii: ":"):
        text.unicodeScalars.append(Unicode.Scalar(byte))
      default:
        let digits = String(byte, radix: 16, uppercase: true)
        text += "%" + (digits.count == 1 ? "0" : "") + digits
      }
    }
    return text
  }
}
