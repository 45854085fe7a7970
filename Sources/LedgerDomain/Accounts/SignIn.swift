package import LedgerCrypto
public import LedgerEvents

/// A person has signed in with the OpenID Connect provider: the first time this registers the account.
public struct SignIn: Command {
  /// Keyed hash of issuer and subject, by which the account is found.
  package var identity: Digest
  /// The provider's issuer URL ("iss", OpenID Connect Core section 2).
  package var issuer: String
  /// The provider's name for the person ("sub").
  package var subject: Sealed
  /// Display name and e-mail address; at a later sign-in only if they differ from those on record.
  package var name: Sealed?
  package var email: Sealed?
  /// The program that the person used, as its HTTP User-Agent says.
  package var userAgent: Sealed?
  /// The role that a new account starts with; one that exists keeps its own.
  package var role: AccountRole

  package init(
    identity: Digest, issuer: String, subject: Sealed, name: Sealed? = nil, email: Sealed? = nil,
    userAgent: Sealed? = nil, role: AccountRole = .user
  ) {
    self.identity = identity
    self.issuer = issuer
    self.subject = subject
    self.name = name
    self.email = email
    self.userAgent = userAgent
    self.role = role
  }

  /// Whose sign-in it was.
  public struct Outcome: Sendable, Equatable {
    public var account: AccountID
    /// Whether this was the first time.
    public var isNew: Bool
  }

  package func decide(
    _ state: borrowing some DomainReader & ~Copyable, _ context: DecisionContext
  ) throws(DecisionFailure) -> Decision {
    if let id = try read(state.account(identity: identity)) {
      let account = try state.requireActiveAccount(id)
      // What is sealed under another key would outlive the person's erasure.
      guard [subject, name, email, userAgent].allSatisfy({ $0 == nil || $0?.person == account.subject.person }) else {
        throw .sealedForAnother
      }
      var event = AccountSignedIn()
      event.account = id.rawValue
      if let userAgent { event.userAgent = userAgent }
      if let name { event.name = name }
      if let email { event.email = email }
      return Decision(by: Subject(id), .accountSignedIn(event))
    }
    guard 1...2_000 ~= issuer.utf8.count else {
      throw .refused(.invalidValue, field: "issuer", expected: "the provider's issuer URL, at most 2000 bytes")
    }
    guard try !read(state.isErased(person: subject.personBytes)),
      [name, email, userAgent].allSatisfy({ $0 == nil || $0?.person == subject.person })
    else { throw .sealedForAnother }
    var event = V2AccountRegistered()
    event.issuer = issuer
    event.subject = subject
    if let name { event.name = name }
    if let email { event.email = email }
    if let userAgent { event.userAgent = userAgent }
    event.role = role
    return Decision(by: Subject(AccountID(madeAt: context.next)), .accountRegistered(event))
  }

  package func admit(
    _ state: borrowing some DomainReader & ~Copyable, _ context: DecisionContext
  ) throws(DecisionFailure) {
    guard let id = try read(state.account(identity: identity)) else {
      throw .refused(
        .conflict, field: "idempotencyKey", expected: "a key that was not used before the person was erased",
        remedy: "use a new key")
    }
    _ = try state.requireActiveAccount(id)
  }

  package func outcome(of recorded: RecordedEvents) -> Outcome {
    if case .accountSignedIn(let event) = recorded.events.first {
      Outcome(account: AccountID(rawValue: event.account), isNew: false)
    } else {
      Outcome(account: AccountID(madeAt: recorded.first), isNew: true)
    }
  }
}

extension DecisionFailure {
  /// The account came to be, or was erased, while the request was on its way.
  static var sealedForAnother: Self {
    .refused(.conflict, field: "subject", expected: "values sealed for this person", remedy: "ask again")
  }
}
