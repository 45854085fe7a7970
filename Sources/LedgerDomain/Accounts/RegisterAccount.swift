public import LedgerCrypto
public import LedgerEvents

/// An operator registers the account of somebody who has not signed in yet: the first sign-in with the identity finds it.
public struct RegisterAccount: Command {
  /// Keyed hash of issuer and subject, by which the account is found.
  public var identity: Digest
  /// The provider's issuer URL ("iss", OpenID Connect Core section 2).
  public var issuer: String
  /// The provider's name for the person ("sub").
  public var subject: Sealed
  public var name: Sealed
  public var role: AccountRole

  public init(identity: Digest, issuer: String, subject: Sealed, name: Sealed, role: AccountRole) {
    self.identity = identity
    self.issuer = issuer
    self.subject = subject
    self.name = name
    self.role = role
  }

  public func decide(
    _ state: borrowing some DomainReader & ~Copyable, _ context: DecisionContext
  ) throws(DecisionFailure) -> Decision {
    guard try read(state.account(identity: identity)) == nil else {
      throw .refused(
        .conflict, field: "subject", expected: "an identity without an account",
        remedy: "give the account that it has another role")
    }
    guard try !read(state.isErased(person: subject.personBytes)), name.person == subject.person else {
      throw .sealedForAnother
    }
    var event = V2AccountRegistered()
    event.issuer = issuer
    event.subject = subject
    event.name = name
    event.role = role
    return Decision(by: Requester.operator, .accountRegistered(event))
  }

  public func outcome(of recorded: RecordedEvents) -> AccountID { AccountID(rawValue: recorded.first) }
}
