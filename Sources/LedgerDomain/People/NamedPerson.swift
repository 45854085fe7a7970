package import LedgerCrypto
package import LedgerEvents

/// Somebody whom a request names.
package enum NamedPerson: Sendable {
  case account(AccountID)
  /// Keyed hash of the number in E.164 form, and the number itself.
  case number(Digest, Sealed)
}

/// Who a named person is now.
struct FoundPerson {
  /// Nil where nobody holds the number.
  var account: AccountID?
  /// Where the person was named by number.
  var number: Digest?
  var sealed: Sealed?

  /// Tells whether two names are of one person.
  enum Identity: Hashable {
    case account(AccountID)
    case number(Digest)
    case nobody
  }

  var identity: Identity {
    if let account { .account(account) } else { number.map(Identity.number) ?? .nobody }
  }
}

extension DomainReader where Self: ~Copyable {
  /// Finds somebody. A number stands for the account that holds it, disabled or not.
  /// - Throws: ``ErrorCode/notFound`` or ``ErrorCode/accountDisabled`` of an account that is named as such.
  func find(_ person: NamedPerson, field: String = "person") throws(DecisionFailure) -> FoundPerson {
    switch person {
    case .account(let id): FoundPerson(account: try requireActiveAccount(id, field: field).id)
    case .number(let number, let sealed):
      FoundPerson(account: try holder(of: number), number: number, sealed: sealed)
    }
  }

  /// The account that has verified the number, if any.
  func holder(of number: Digest) throws(DecisionFailure) -> AccountID? {
    guard let phone = try read(self.phone(number: number)) else { return nil }
    return try read(self.phone(phone))?.account
  }

  /// The rule of ``requireSealed(_:forNumber:)`` for all that a request names by number.
  func requireSealed(_ people: some Sequence<NamedPerson>) throws(DecisionFailure) {
    for person in people {
      if case .number(let number, let sealed) = person { try requireSealed(sealed, forNumber: number) }
    }
  }
}
