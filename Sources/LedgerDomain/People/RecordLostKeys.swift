public import LedgerEvents

/// Writes into a log that was restored without the keys of some persons that these persons are erased: nobody can read any
/// more what those keys opened, and the log says so from then on.
public struct RecordLostKeys: Command {
  /// A person whose key is gone.
  public struct Person: Sendable, Equatable {
    /// The name of the key, 16 bytes.
    public var key: [UInt8]
    /// The person's account, if the key is an account's.
    public var account: AccountID?

    public init(_ key: [UInt8], account: AccountID?) {
      self.key = key
      self.account = account
    }
  }

  /// How many persons one command may name.
  public static let limit = 8

  /// At most ``limit``.
  public var persons: [Person]

  public init(_ persons: [Person]) { self.persons = persons }

  public func decide(
    _ state: borrowing some DomainReader & ~Copyable, _ context: DecisionContext
  ) throws(DecisionFailure) -> Decision {
    guard persons.count <= Self.limit else {
      throw .refused(.invalidValue, field: "persons", expected: "at most \(Self.limit) persons")
    }
    var events: [LedgerEvent] = []
    for person in persons {
      guard try !read(state.isErased(person: person.key)) else { continue }
      var event = SubjectErased()
      event.person = .init(person.key)
      event.account = person.account?.rawValue ?? 0
      events.append(.subjectErased(event))
    }
    return Decision(by: Requester.operator, events: events)
  }

  /// How many persons were not erased before.
  public func outcome(of recorded: RecordedEvents) -> Int { recorded.events.count }
}
