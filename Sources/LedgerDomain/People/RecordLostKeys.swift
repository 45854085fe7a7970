package import LedgerEvents

/// Writes into a log that was restored without the keys of some persons that these persons are erased: nobody can read any
/// more what those keys opened, and the log says so from then on.
package struct RecordLostKeys: Command {
  /// A person whose key is gone.
  package struct Person: Sendable, Equatable {
    /// The name of the key, 16 bytes.
    package var key: [UInt8]
    /// The person's account, if the key is an account's.
    package var account: AccountID?

    package init(_ key: [UInt8], account: AccountID?) {
      self.key = key
      self.account = account
    }
  }

  /// How many persons one command may name.
  package static let limit = 8

  /// At most ``limit``.
  package var persons: [Person]

  package init(_ persons: [Person]) { self.persons = persons }

  package func decide(
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
  package func outcome(of recorded: RecordedEvents) -> Int { recorded.events.count }
}
