package import LedgerCrypto
package import LedgerEvents

/// An operator registers the account of somebody who has not signed in yet: the first sign-in with the identity finds it.
///
/// With a number the operator vouches for it: the phone is verified without a PIN, for the reason that the record has.
package struct RegisterAccount: Command {
  /// Keyed hash of issuer and subject, by which the account is found.
  package var identity: Digest
  /// The provider's issuer URL ("iss", OpenID Connect Core section 2).
  package var issuer: String
  /// The provider's name for the person ("sub").
  package var subject: Sealed
  package var name: Sealed
  package var email: Sealed?
  package var role: AccountRole
  package var phone: Phone?

  /// A number that the operator vouches for.
  package struct Phone: Sendable {
    /// The keyed hash by which it is found.
    package var number: Digest
    package var sealed: Sealed

    package init(number: Digest, sealed: Sealed) {
      self.number = number
      self.sealed = sealed
    }
  }

  package init(
    identity: Digest, issuer: String, subject: Sealed, name: Sealed, email: Sealed? = nil, role: AccountRole,
    phone: Phone? = nil
  ) {
    self.identity = identity
    self.issuer = issuer
    self.subject = subject
    self.name = name
    self.email = email
    self.role = role
    self.phone = phone
  }

  package func decide(
    _ state: borrowing some DomainReader & ~Copyable, _ context: DecisionContext
  ) throws(DecisionFailure) -> Decision {
    try state.requireUnregistered(identity)
    guard try !read(state.isErased(person: subject.personBytes)),
      [name, email, phone?.sealed].allSatisfy({ $0 == nil || $0?.person == subject.person })
    else { throw .sealedForAnother }
    var event = V2AccountRegistered()
    event.issuer = issuer
    event.subject = subject
    event.name = name
    if let email { event.email = email }
    event.role = role
    guard let phone else { return Decision(by: Requester.operator, .accountRegistered(event)) }
    let account = AccountID(madeAt: context.next)
    try state.requireFree(number: phone.number, for: account)
    var verified = PhoneVerified()
    verified.account = account.rawValue
    verified.number = phone.sealed
    verified.subscriptions = try state.subscriptions(waitingFor: account, number: phone.number)
    return Decision(by: Requester.operator, .accountRegistered(event), .phoneVerified(verified))
  }

  package func outcome(of recorded: RecordedEvents) -> AccountID { AccountID(madeAt: recorded.first) }
}

extension DomainReader where Self: ~Copyable {
  /// - Throws: ``ErrorCode/conflict`` where an account has the identity.
  package func requireUnregistered(_ identity: Digest) throws(DecisionFailure) {
    guard let account = try read(account(identity: identity)) else { return }
    throw .refused(
      .conflict, field: "subject", expected: "an identity without an account, and it is that of \(account)",
      remedy: "give the account that it has another role")
  }
}
