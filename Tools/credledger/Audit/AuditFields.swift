import ArgumentParser
import CredentialLedger

/// What is shown of an event.
enum AuditField: String, ExpressibleByArgument, CaseIterable {
  case position, time, type, actor, object, subjects, request, details, personal

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
  let entry: AuditEntry
  let description: Audit.Description

  /// The events, described together.
  static func all(_ entries: [AuditEntry], of ledger: Ledger, revealing: Bool) async throws -> [AuditedEvent] {
    let description = try await ledger.audit.describe(entries, revealing: revealing)
    return entries.map { AuditedEvent(entry: $0, description: description) }
  }

  /// The text of a field, for people.
  func text(_ field: AuditField) -> String {
    switch field {
    case .position: "\(entry.position)"
    case .time: Self.short(entry.time)
    case .type: "\(entry.type)"
    case .actor: name(entry.actor)
    case .object: entry.object.map(name) ?? ""
    case .subjects: entry.subjects.map(name).joined(separator: ", ")
    case .request: entry.requestID ?? ""
    case .details: entry.details.map { "\($0.name): \($0.value.text)" }.joined(separator: ", ")
    case .personal: personal.map { "\($0.name): \($0.state.text)" }.joined(separator: ", ")
    }
  }

  /// The cells of a field, for spreadsheets: an actor takes two.
  func cells(_ field: AuditField) -> [String] { rawCells(field).map(\.printable) }

  private func rawCells(_ field: AuditField) -> [String] {
    switch field {
    case .time: ["\(entry.time)"]
    case .actor: ["\(entry.actor)", label(entry.actor)]
    case .object: [entry.object.map { "\($0)" } ?? ""]
    case .subjects: [entry.subjects.map(\.description).joined(separator: " ")]
    case .details: [entry.details.isEmpty ? "" : JSON(entry.details).text(indented: false)]
    case .position, .type, .request, .personal: [text(field)]
    }
  }

  /// The headings of ``cells(_:)``.
  static func headings(_ field: AuditField) -> [String] {
    field == .actor ? ["actor", "actorName"] : [field.rawValue]
  }

  /// The event as an object with some of its members.
  func json(_ fields: [AuditField]) -> JSON {
    .object(fields.compactMap { field in json(field).map { (field.rawValue, $0) } })
  }

  private func json(_ field: AuditField) -> JSON? {
    switch field {
    case .position: .number(entry.position)
    case .time: .string("\(entry.time)")
    case .type: .string("\(entry.type)")
    case .actor: json(entry.actor)
    case .object: entry.object.map(json)
    case .subjects: .array(entry.subjects.map(json))
    case .request: entry.requestID.map { .string($0) }
    case .details: entry.details.isEmpty ? nil : JSON(entry.details)
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

  private var personal: [Audit.PersonalValue] { description.personal[entry.position] ?? [] }

  /// The name of a subject, or that its person was erased; empty where there is neither.
  private func label(_ subject: Subject) -> String {
    guard let label = description.labels[subject] else { return "" }
    return label.standing == .erased ? "erased person" : label.name ?? ""
  }

  private func name(_ subject: Subject) -> String {
    let label = label(subject)
    return label.isEmpty ? "\(subject)" : "\(label) (\(subject))"
  }

  /// A time without its milliseconds, in UTC, such as `2026-01-31 12:00:00`.
  private static func short(_ time: Timestamp) -> String {
    guard let text = time.rfc3339 else { return "\(time)" }
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
