import KeyStore
public import LedgerEvents

/// An object at a moment, field by field: for code that shows or compares states, whatever the kind. Programs that want the
/// types ask ``PastState`` for an `Account` or a `Grant`.
public struct StateObject: Sendable, Equatable {
  /// Kind and number.
  public let subject: Subject
  /// What it is, in a fixed order for each kind.
  public let fields: [Field]

  /// One of its properties.
  public struct Field: Sendable, Equatable {
    /// In camel case, as in JSON.
    public let name: String
    public let value: StateValue

    init(_ name: String, _ value: StateValue) {
      self.name = name
      self.value = value
    }
  }

  /// The value of a field; nil if objects of the kind have none of the name.
  public func value(of name: String) -> StateValue? { fields.first { $0.name == name }?.value }
}

/// The value of a field.
public enum StateValue: Sendable, Equatable {
  case none
  case flag(Bool)
  case number(UInt64)
  case text(String)
  case time(Timestamp)
  /// Another object.
  case object(Subject)
  case list([StateValue])
  /// Sealed under a person's key: see ``History/reveal(_:under:)``.
  case personal(PersonalValue)
}

/// A value that is sealed under a person's key.
public struct PersonalValue: Sendable, Equatable {
  let sealed: Sealed
  let purpose: Purpose

  /// Whether it is sealed under a webhook's key rather than a person's.
  fileprivate var isOfWebhook: Bool { [.webhookURL, .webhookToken, .webhookContext].contains(purpose) }

  public static func == (one: PersonalValue, other: PersonalValue) -> Bool {
    one.sealed == other.sealed && one.purpose == other.purpose
  }
}

extension History {
  /// Opens a personal value: to be asked for on purpose, and not to be logged.
  ///
  /// ```swift
  /// guard case .personal(let value)? = object.value(of: "name") else { continue }
  /// print(try await ledger.history.reveal(value, under: leave) ?? "erased")
  /// ```
  ///
  /// - Returns: nil once the person is erased.
  /// - Throws: `forbidden` for a person whom the disclosure is not about.
  public func reveal(_ value: PersonalValue, under disclosure: Disclosure) async throws(LedgerError) -> String? {
    try await ledger.blocking { [ledger] () throws(LedgerError) in
      guard let key = PersonID(bytes: value.sealed.person) else {
        throw LedgerError(.damaged, "the name of a person's key is malformed")
      }
      // That a webhook is deleted counts from its event on, even if its key could not be destroyed yet.
      guard try !ledger.isErased(key) else { return nil }
      if value.isOfWebhook, try ledger.isDestroyed(key) { return nil }
      try disclosure.require(value.sealed, in: ledger)
      return try ledger.open(value.sealed, value.purpose).map { String(decoding: $0, as: UTF8.self) }
    }
  }
}

extension StateValue {
  init(_ id: ObjectID<some SubjectObjectKind>?) { self = id.map { .object(Subject($0)) } ?? .none }

  init(object kind: SubjectKind, _ number: UInt64) {
    self = number == 0 ? .none : .object(Subject(kind: kind, number: number))
  }

  init(_ sealed: Sealed?, _ purpose: Purpose) {
    self = sealed.map { .personal(PersonalValue(sealed: $0, purpose: purpose)) } ?? .none
  }

  init(event position: Position) { self = position == 0 ? .none : .number(position.rawValue) }

  init(_ scopes: Scopes) {
    self = .list(scopes.wireNames.map { .text($0) })
  }
}
