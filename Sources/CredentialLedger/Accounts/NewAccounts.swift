import EventLog
import KeyStore
import LedgerCrypto
import LedgerDomain
public import LedgerEvents

/// Somebody whose account an operator registers before the first sign-in.
public struct NewAccount: Sendable {
  /// The provider's "iss"; at most 255 bytes, none of them NUL.
  public var issuer: String
  /// The provider's "sub"; the same. A later sign-in with the two finds the account.
  public var subject: String
  /// Display name, one line of at most 400 bytes; sealed under the person's key, as are the following.
  public var name: String
  /// One line of at most 400 bytes, with an `@`.
  public var email: String?
  public var role: AccountRole
  /// A number that the operator vouches for: verified without a PIN.
  public var phone: PhoneNumber?

  public init(
    issuer: String, subject: String, name: String, email: String? = nil, role: AccountRole = .user,
    phone: PhoneNumber? = nil
  ) {
    self.issuer = issuer
    self.subject = subject
    self.name = name
    self.email = email
    self.role = role
    self.phone = phone
  }
}

extension Accounts {
  /// Registers the account of somebody who has not signed in yet, so that a ledger can be filled before anybody comes.
  ///
  /// With a number one commit holds both events, and the record says by ``RequestContext/reason`` why no PIN was needed.
  ///
  /// ```swift
  /// let bo = try await ledger.accounts.create(
  ///   NewAccount(issuer: "https://id.example.org", subject: "7", name: "Bo", phone: PhoneNumber("+911199999998")),
  ///   context: RequestContext(reason: "taken over from the staff list"))
  /// ```
  ///
  /// - Parameter context: names the operator; with a number it has a reason.
  /// - Throws: `conflict` of the field `subject` where the identity has an account, of the field `number` where another account
  ///   holds the number; `invalid_value` with the field; `forbidden`.
  public func create(_ new: NewAccount, context: RequestContext = .none) async throws(LedgerError) -> AccountID {
    let line = try await requirePossible(new, context)
    // A key that is made for somebody stays, so none is made for a request that is refused anyway.
    try ledger.requireBounds(of: context)
    let ledger = ledger
    let command = try await ledger.blocking(.short) { () throws(LedgerError) in
      let person = try ledger.newPerson()
      var phone: RegisterAccount.Phone?
      if let number = new.phone {
        phone = RegisterAccount.Phone(
          number: try ledger.hash(of: number), sealed: try ledger.seal(number.digits, for: person, .phoneNumber))
      }
      var email: Sealed?
      if let address = new.email { email = try ledger.seal(address, for: person, .accountEmail) }
      return RegisterAccount(
        identity: try ledger.identity(of: new), issuer: new.issuer,
        subject: try ledger.seal(new.subject, for: person, .accountSubject),
        name: try ledger.seal(line, for: person, .accountName), email: email, role: new.role, phone: phone)
    }
    // Repeated, it is refused as a conflict and makes nothing.
    return try await ledger.submit(command, by: Requester.operator.caller, context: context)
  }

  /// Whether an account could be registered now; makes nothing. For a dry run over many.
  ///
  /// ```swift
  /// try await ledger.accounts.check(NewAccount(issuer: "https://id.example.org", subject: "8", name: "Cy"))
  /// ```
  ///
  /// - Throws: what ``create(_:context:)`` would refuse it for, except for who asks.
  public func check(_ new: NewAccount, context: RequestContext = .none) async throws(LedgerError) {
    _ = try await requirePossible(new, context)
  }

  /// - Returns: the name in the form in which it is recorded.
  private func requirePossible(_ new: NewAccount, _ context: RequestContext) async throws(LedgerError) -> String {
    try Self.checkIdentity(issuer: new.issuer, subject: new.subject)
    let line: String
    var address: String?
    do throws(DecisionFailure) {
      line = try new.name.recordedLine("name", bytes: 400)
      if let email = new.email { address = try email.recordedLine("email", bytes: 400) }
    } catch { throw LedgerError(error) }
    guard address == new.email, address?.dropFirst().dropLast().contains("@") != false else {
      throw LedgerError(
        .invalidValue, "email: expected an e-mail address, such as ada@example.org", field: "email")
    }
    guard AccountRole.allCases.contains(new.role), new.role != .unspecified else {
      throw LedgerError(.invalidValue, "role: expected a role", field: "role")
    }
    guard new.phone == nil || context.reason != nil else {
      throw LedgerError(
        .invalidValue, "reason: expected why the number counts as verified without a PIN", field: "reason")
    }
    let ledger = ledger
    try await ledger.blocking(.short) { () throws(LedgerError) in
      let identity = try ledger.identity(of: new)
      let number: Digest? = if let phone = new.phone { try ledger.hash(of: phone) } else { nil }
      try ledger.asking { (state) throws(DecisionFailure) in
        try state.requireUnregistered(identity)
        if let number { try state.requireFree(number: number, for: AccountID(rawValue: .max)) }
      }
    }
    return line
  }
}

extension Ledger {
  fileprivate func identity(of new: NewAccount) throws(LedgerError) -> Digest {
    try logged { () throws(LogError) in
      try log.participant.personalData.hash(issuer: new.issuer, subject: new.subject.utf8)
    }
  }
}
