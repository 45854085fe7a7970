public import CredentialLedger

/// An event of the ledger as one of CNCF CloudEvents 1.0, in its JSON format, as `credledger audit --format cloudevents` has it
/// but for names: to show those is a disclosure, which a stream of events is not.
public enum LedgerCloudEvent {
  /// The event as JSON.
  ///
  /// - Parameter origin: of the ledger.
  public static func json(_ entry: AuditEntry, origin: String) -> JSONValue {
    let position = String(entry.position)
    let type = entry.type.name ?? String(entry.type.rawValue)
    var members: [(String, JSONValue)] = [
      ("specversion", .string("1.0")), ("id", .string(position)), ("source", .string(source(origin))),
      ("type", .string("credledger." + type)),
    ]
    if let subject = entry.object ?? entry.subjects.first { members.append(("subject", .string(subject.description))) }
    members += [
      ("time", .string(entry.time.description)),
      ("sequence", .string(String(repeating: "0", count: 20 - position.count) + position)),
      ("actor", .string(entry.actor.description)), ("datacontenttype", .string("application/json")),
      ("data", data(entry, type)),
    ]
    return .object(members)
  }

  private static func data(_ entry: AuditEntry, _ type: String) -> JSONValue {
    func named(_ subject: Subject) -> JSONValue { .object([("id", .string(subject.description))]) }
    var members: [(String, JSONValue)] = [
      ("position", .integer(entry.position.rawValue)), ("time", .string(entry.time.description)),
      ("type", .string(type)),
      ("actor", named(entry.actor)),
    ]
    if let object = entry.object { members.append(("object", named(object))) }
    members.append(("subjects", .array(entry.subjects.map(named))))
    if let request = entry.requestID { members.append(("request", .string(request))) }
    if let reason = entry.reason { members.append(("reason", .string(reason))) }
    if let ticket = entry.ticket { members.append(("ticket", .string(ticket))) }
    if !entry.details.isEmpty { members.append(("details", .object(entry.details.map { ($0, value($1)) }))) }
    return .object(members)
  }

  private static func value(_ detail: EventDetail) -> JSONValue {
    switch detail {
    case .text(let text): .string(text)
    case .number(let number): .integer(number)
    case .flag(let flag): .bool(flag)
    case .time(let time): .string(time.description)
    case .list(let items): .array(items.map { .string($0) })
    case .change(let before, let after): .object([("before", value(before)), ("after", value(after))])
    }
  }

  /// The ledger as a URI (RFC 3986); what has no place in one is percent-encoded.
  private static func source(_ origin: String) -> String {
    "credledger://" + PercentEncoding.encode(origin).replacing("%2F", with: "/").replacing("%3A", with: ":")
  }
}
