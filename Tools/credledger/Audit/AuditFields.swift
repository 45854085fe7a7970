import ArgumentParser
import CredentialLedger
import LedgerOperations

/// What is shown of an event.
enum AuditField: String, ExpressibleByArgument, CaseIterable {
  case position, time, type, actor, `operator`, reason, ticket, object, subjects, request, details, personal, archived

  static let inTables: [AuditField] = [.position, .time, .type, .actor, .object, .subjects]
}

/// Fields separated by commas.
struct AuditFieldList: ExpressibleByArgument {
  let fields: [AuditField]

  init?(argument: String) {
    fields = argument.split(separator: ",", omittingEmptySubsequences: false).compactMap {
      AuditField(rawValue: String($0))
    }
    guard !fields.isEmpty, fields.count == argument.split(separator: ",", omittingEmptySubsequences: false).count,
      Set(fields).count == fields.count
    else { return nil }
  }
}

/// An event with what its numbers stand for, ready to be written.
struct AuditedEvent {
  let position: Position
  let time: Timestamp
  let type: EventType
  /// What it made.
  let object: Subject?
  /// The whole event; nil where its record is in an archive that was not named.
  let entry: AuditEntry?
  /// Where the record is then.
  let place: ArchivePlace?
  private let description: Audit.Description

  init(_ entry: AuditEntry, _ description: Audit.Description) {
    (position, time, type, object) = (entry.position, entry.time, entry.type, entry.object)
    (self.entry, place, self.description) = (entry, nil, description)
  }

  private init(_ event: ArchivedEvent, _ description: Audit.Description) {
    (position, time, type, object) = (event.position, event.time, event.type, event.object)
    (entry, place, self.description) = (nil, event.place, description)
  }

  /// The events of an answer in their order, those in an archive among them.
  static func all(_ page: Audit.Page, _ description: Audit.Description, ascending: Bool) -> [AuditedEvent] {
    let events =
      page.entries.map { AuditedEvent($0, description) } + page.archived.map { AuditedEvent($0, description) }
    return page.archived.isEmpty
      ? events : events.sorted { ascending ? $0.position < $1.position : $0.position > $1.position }
  }

  /// The text of a field, for people.
  func text(_ field: AuditField) -> String {
    switch field {
    case .position: "\(position)"
    case .time: Self.short(time)
    case .type: "\(type)"
    case .actor: entry.map { name($0.actor) } ?? ""
    case .operator: namedOperator.map(name) ?? ""
    case .reason: entry?.reason ?? ""
    case .ticket: entry?.ticket ?? ""
    case .object: object.map(name) ?? ""
    case .subjects: entry.map { $0.subjects.map(name).joined(separator: ", ") } ?? archived
    case .request: entry?.requestID ?? ""
    case .details: details.map { "\($0.name): \($0.value.text)" }.joined(separator: ", ")
    case .personal: personal.map { "\($0.name): \($0.state.text)" }.joined(separator: ", ")
    case .archived: archived
    }
  }

  /// Where the record is, for people; empty where it is at hand.
  private var archived: String { place.map { "archived in segment \($0.segment)" } ?? "" }

  /// The account of the operator who was named.
  private var namedOperator: Subject? { entry?.namedOperator.map { Subject($0) } }

  private var details: [(name: String, value: EventDetail)] { entry?.details ?? [] }

  /// The cells of a field, for spreadsheets: an actor and an operator take two, and the subjects those of each kind.
  func cells(_ field: AuditField) -> [String] { rawCells(field).map(\.printable) }

  private func rawCells(_ field: AuditField) -> [String] {
    switch field {
    case .time: ["\(time)"]
    case .actor: entry.map { ["\($0.actor)", label($0.actor)] } ?? ["", ""]
    case .operator: [namedOperator.map { "\($0)" } ?? "", namedOperator.map(label) ?? ""]
    case .object: [object.map { "\($0)" } ?? ""]
    case .subjects: Self.kindsOfColumns.flatMap(cells(of:))
    case .details: [details.isEmpty ? "" : JSON(details).text(indented: false)]
    case .position, .type, .request, .reason, .ticket, .personal, .archived: [text(field)]
    }
  }

  /// The headings of ``cells(_:)``.
  static func headings(_ field: AuditField) -> [String] {
    switch field {
    case .actor, .operator: [field.rawValue, "\(field.rawValue)Name"]
    case .subjects:
      kindsOfColumns.flatMap { kind in
        let name = "\(kind)"
        return hasNames(kind) ? [name, "\(name)Name"] : [name]
      }
    default: [field.rawValue]
    }
  }

  /// The kinds of subjects, each with a column of its own; of operators the field tells.
  private static let kindsOfColumns = SubjectKind.allCases.filter { $0 != .operator }

  private static func hasNames(_ kind: SubjectKind) -> Bool {
    [.account, .connector, .group, .resourceServer].contains(kind)
  }

  /// The subjects of a kind, and their names where the kind has any.
  private func cells(of kind: SubjectKind) -> [String] {
    let subjects = entry?.subjects.filter { $0.kind == kind } ?? []
    let numbers = subjects.map(\.description).joined(separator: " ")
    guard Self.hasNames(kind) else { return [numbers] }
    return [numbers, subjects.map(label).filter { !$0.isEmpty }.joined(separator: ", ")]
  }

  /// The event as an object with some of its members.
  func json(_ fields: [AuditField]) -> JSON {
    .object(fields.compactMap { field in json(field).map { (field.rawValue, $0) } })
  }

  private func json(_ field: AuditField) -> JSON? {
    switch field {
    case .position: .number(position.rawValue)
    case .time: .string("\(time)")
    case .type: .string("\(type)")
    case .actor: entry.map { json($0.actor) }
    case .operator: namedOperator.map(json)
    case .reason: entry?.reason.map { .string($0) }
    case .ticket: entry?.ticket.map { .string($0) }
    case .object: object.map(json)
    case .subjects: entry.map { .array($0.subjects.map(json)) }
    case .request: entry?.requestID.map { .string($0) }
    case .details: details.isEmpty ? nil : JSON(details)
    case .archived: place.map { .object(JSON.members(of: $0)) }
    case .personal:
      personal.isEmpty
        ? nil
        : .array(
          personal.map { value in
            var members: [(String, JSON)] = [("name", .string(value.name)), ("state", .string(value.state.word))]
            if case .revealed(let text) = value.state { members.append(("value", .string(text))) }
            return .object(members)
          })
    }
  }

  private func json(_ subject: Subject) -> JSON {
    var members: [(String, JSON)] = [("id", .string("\(subject)"))]
    if let label = description.labels[subject] {
      if let name = label.name { members.append(("name", .string(name))) }
      members.append(("standing", .string(label.standing.rawValue)))
    }
    return .object(members)
  }

  private var personal: [Audit.PersonalValue] { description.personal[position] ?? [] }

  /// The name of a subject, or that its person was erased; empty where there is neither.
  private func label(_ subject: Subject) -> String {
    guard let label = description.labels[subject] else { return "" }
    return label.standing == .erased ? "erased person" : label.name ?? ""
  }

  private func name(_ subject: Subject) -> String {
    let label = label(subject)
    return label.isEmpty ? "\(subject)" : "\(label) (\(subject))"
  }

  /// A time without its milliseconds, in UTC, such as `2026-01-31 12:00:00`; in local time with its offset.
  private static func short(_ time: Timestamp) -> String {
    guard !Presentation.isLocal, let text = time.rfc3339 else { return "\(time)" }
    return String(text.prefix(19)).replacing("T", with: " ")
  }
}

extension Audit.PersonalValue.State {
  fileprivate var word: String {
    switch self {
    case .sealed: "sealed"
    case .revealed: "revealed"
    case .erased: "erased"
    }
  }

  fileprivate var text: String {
    switch self {
    case .sealed: "•••"
    case .revealed(let text): text
    case .erased: "erased person"
    }
  }
}

extension EventDetail {
  fileprivate var text: String {
    switch self {
    case .text(let text): text
    case .number(let number): "\(number)"
    case .flag(let flag): flag ? "yes" : "no"
    case .time(let time): "\(time)"
    case .list(let items): items.joined(separator: " ")
    case .change(let before, let after): "\(before.text) → \(after.text)"
    }
  }
}

extension JSON {
  /// The details of an event.
  fileprivate init(_ details: [(name: String, value: EventDetail)]) {
    self = .object(details.map { ($0.name, JSON($0.value)) })
  }

  private init(_ detail: EventDetail) {
    switch detail {
    case .text(let text): self = .string(text)
    case .number(let number): self = .number(number)
    case .flag(let flag): self = .bool(flag)
    case .time(let time): self = .string("\(time)")
    case .list(let items): self = .array(items.map { .string($0) })
    case .change(let before, let after): self = .object([("before", JSON(before)), ("after", JSON(after))])
    }
  }
}
