import CredentialLedger
import LedgerOperations

extension MomentArgument {
  /// The moment that is meant, which must be one of the ledger's history.
  ///
  /// - Parameter name: the option or the argument that it was given by.
  func moment(_ name: String, in ledger: Ledger) throws(LedgerError) -> LedgerMoment {
    let moment: LedgerMoment =
      switch self {
      case .position(let position): .position(position)
      case .time(let time): .time(time.timestamp(now: try ledger.now))
      }
    _ = try ledger.position(of: moment, field: name)
    return moment
  }
}

/// How personal values are shown.
struct Revealing {
  let ledger: Ledger
  /// Nil masks them.
  let disclosure: Disclosure?

  static let mask = "***"

  /// The value in JSON. Of an erased person it is null, also where others are masked only.
  func json(_ value: StateValue) async throws -> JSON {
    switch value {
    case .personal(let value):
      guard let disclosure else { return .string(Self.mask) }
      return try await ledger.history.reveal(value, under: disclosure).map { .string($0) } ?? .null
    case .list(let values) where disclosure != nil:
      var items: [JSON] = []
      for value in values { items.append(try await json(value)) }
      return .array(items)
    default: return Self.masked(value)
    }
  }

  /// The value in JSON, with what is personal masked.
  private static func masked(_ value: StateValue) -> JSON {
    switch value {
    case .none: .null
    case .flag(let flag): .bool(flag)
    case .number(let number): .number(number)
    case .text(let text): .string(text)
    case .time(let time): .string(time.description)
    case .object(let subject): .string(subject.description)
    case .list(let values): .array(values.map(masked))
    case .personal: .string(mask)
    }
  }

  /// The value for people.
  func text(_ value: StateValue) async throws -> String {
    switch value {
    case .none: return "-"
    case .flag(let flag): return flag ? "yes" : "no"
    case .number(let number): return String(number)
    case .text(let text): return JSON.string(text).text(indented: false)
    case .time(let time): return time.description
    case .object(let subject): return subject.description
    case .list(let values):
      var items: [String] = []
      for value in values {
        if case .text(let word) = value { items.append(word) } else { items.append(try await text(value)) }
      }
      return items.isEmpty ? "-" : items.joined(separator: " ")
    case .personal(let value):
      guard let disclosure else { return Self.mask }
      return try await ledger.history.reveal(value, under: disclosure).map { JSON.string($0).text(indented: false) }
        ?? "erased"
    }
  }

  /// An object in JSON: its ID, and then its fields.
  func json(_ object: StateObject) async throws -> JSON {
    var members: [(String, JSON)] = [("id", .string(object.subject.description))]
    for field in object.fields {
      // Nothing is waited for where nothing is opened: lists may have millions of objects.
      members.append((field.name, disclosure == nil ? Self.masked(field.value) : try await json(field.value)))
    }
    return .object(members)
  }

  /// An object for people: its ID, and a line for each field.
  func lines(_ object: StateObject) async throws -> [String] {
    var lines = ["\(object.subject)"]
    for field in object.fields {
      if field.value == .none { continue }
      lines.append("  \(field.name.padded(to: 22))\(try await text(field.value))")
    }
    return lines
  }

  /// How an object changed, in JSON.
  func json(_ change: ObjectChange) async throws -> JSON {
    var fields: [JSON] = []
    for field in change.fields {
      fields.append(
        .object([
          ("field", .string(field.name)), ("before", try await json(field.before)),
          ("after", try await json(field.after)),
        ]))
    }
    return .object([
      ("id", .string(change.subject.description)), ("change", .string(change.kind.rawValue)),
      ("fields", .array(fields)),
    ])
  }

  /// How an object changed, for people: what was made is shown as it is now.
  func lines(_ change: ObjectChange) async throws -> [String] {
    let mark =
      switch change.kind {
      case .created: "+"
      case .changed: "~"
      case .removed: "-"
      }
    var lines = ["\(mark) \(change.subject)"]
    for field in change.fields {
      let name = field.name.padded(to: 22)
      switch change.kind {
      case .created: lines.append("    \(name)\(try await text(field.after))")
      case .removed: lines.append("    \(name)\(try await text(field.before))")
      case .changed: lines.append("    \(name)\(try await text(field.before))  ->  \(try await text(field.after))")
      }
    }
    return lines
  }
}
