import EventLog
import KeyStore
import LedgerCrypto
public import LedgerDomain
public import LedgerEvents

/// Accounts of people: registered, listed, disabled, enabled, given roles.
public struct Accounts: Sendable {
  let ledger: Ledger

  /// Records that somebody signed in by OpenID Connect; registers the account at the first time.
  ///
  /// ```swift
  /// let signedIn = try await ledger.accounts.signIn(
  ///   issuer: "https://id.example.org", subject: "248289761001", name: "Ada", userAgent: "Browser/1.0",
  ///   context: RequestContext(address: "192.0.2.7"))
  /// print(signedIn.account, signedIn.isNew)
  /// ```
  ///
  /// - Parameters:
  ///   - issuer: the provider's "iss"; at most 255 bytes, none of them NUL.
  ///   - subject: the provider's "sub"; the same.
  ///   - name: display name, if known; sealed under the person's key, as are the following.
  ///   - email: e-mail address, if known.
  ///   - userAgent: the program that the person used, as its HTTP User-Agent says; of a longer text the
  ///     characters within 500 bytes are kept.
  ///   - role: given at registration only.
  /// - Throws: `account_disabled`; `conflict` where the account came to be meanwhile: ask again.
  public func signIn(
    issuer: String, subject: String, name: String? = nil, email: String? = nil, userAgent: String? = nil,
    role: AccountRole = .user,
    context: RequestContext = .none
  ) async throws(LedgerError) -> SignIn.Outcome {
    try Self.checkIdentity(issuer: issuer, subject: subject)
    for (field, value) in [("name", name), ("email", email)] {
      guard (value?.utf8.count ?? 0) <= 400 else {
        throw LedgerError(.invalidValue, "\(field): expected at most 400 bytes", field: field)
      }
    }
    let userAgent = userAgent.map { $0.prefix(bytes: 500) }
    // A key that is made for somebody stays, so none is made for a request that is refused anyway.
    try ledger.requireBounds(of: context)
    let ledger = ledger
    let (command, person) = try await ledger.blocking(.short) { () throws(LedgerError) -> (SignIn, PersonID) in
      let identity = try logged { () throws(LogError) in
        try ledger.log.participant.personalData.hash(issuer: issuer, subject: subject.utf8)
      }
      let existing = try ledger.reading { (state) throws(StateUnreadable) in try state.account(identity: identity) }
      let person = if let existing { try ledger.person(of: existing) } else { try ledger.newPerson() }
      var sealedName: Sealed?
      if let name { sealedName = try ledger.seal(name, for: person, .accountName) }
      var sealedEmail: Sealed?
      if let email { sealedEmail = try ledger.seal(email, for: person, .accountEmail) }
      var sealedUserAgent: Sealed?
      if let userAgent { sealedUserAgent = try ledger.seal(userAgent, for: person, .userAgent) }
      let command = SignIn(
        identity: identity, issuer: issuer, subject: try ledger.seal(subject, for: person, .accountSubject),
        name: sealedName, email: sealedEmail, userAgent: sealedUserAgent, role: role)
      return (command, person)
    }
    return try await ledger.submit(
      command,
      asked: .signIn(issuer: issuer, subject: subject, name: name, email: email, userAgent: userAgent, role: role),
      by: .identity(issuer: issuer, subject: subject, person), context: context)
  }

  /// Refuses an identity that no provider's tokens have.
  static func checkIdentity(issuer: String, subject: String) throws(LedgerError) {
    for (field, value) in [("issuer", issuer), ("subject", subject)] {
      guard (1...255).contains(value.utf8.count) else {
        throw LedgerError(.invalidValue, "\(field): expected 1 to 255 bytes", field: field)
      }
      // It separates the two where an identity is looked up: with one in them, two identities would be the same.
      guard !value.utf8.contains(0) else {
        throw LedgerError(.invalidValue, "\(field): expected no NUL", field: field)
      }
    }
  }

  /// An account as it is now; nil if there is none.
  ///
  /// ```swift
  /// let isDisabled = try ledger.accounts.account(account)?.isDisabled
  /// ```
  ///
  /// - Throws: `closed`, `damaged`, `storage`.
  public func account(_ id: AccountID) throws(LedgerError) -> Account? {
    try ledger.reading { (state) throws(StateUnreadable) in try state.account(id) }
  }

  /// Accounts in the order in which they were registered, personal data sealed.
  ///
  /// ```swift
  /// let next = try ledger.accounts.list(after: page.last?.id)
  /// ```
  ///
  /// - Parameters:
  ///   - after: the last account of the page before.
  ///   - limit: 1 to 1,000.
  /// - Throws: `invalid_value` of the limit; `closed`, `damaged`, `storage`.
  public func list(after: AccountID? = nil, limit: Int = 100) throws(LedgerError) -> [Account] {
    guard (1...1_000).contains(limit) else {
      throw LedgerError(.invalidValue, "limit: expected 1 to 1,000", field: "limit")
    }
    return try ledger.reading { (state) throws(StateUnreadable) in
      try state.accounts(from: .following(after), limit: limit)
    }
  }

  /// What is known of the person behind an account.
  public struct Revealed: Sendable {
    /// The provider's name for the person.
    public let subject: String
    /// Nil where the provider gave none.
    public let name: String?
    /// Nil where the provider gave none.
    public let email: String?
  }

  /// Records that the personal data of an account is read, and opens it: to be asked for on purpose, and not to be logged.
  ///
  /// ```swift
  /// let own = try await ledger.accounts.reveal(account, for: "the portal's page", by: account)
  /// ```
  ///
  /// - Returns: nil where the person is erased.
  /// - Throws: as ``Ledger/disclose(_:for:by:context:)``.
  public func reveal(
    _ id: AccountID, for purpose: String, by requester: some Requesting, context: RequestContext = .none
  ) async throws(LedgerError) -> Revealed? {
    let disclosure = try await ledger.disclose(.accounts([id]), for: purpose, by: requester, context: context)
    return try await reveal(id, under: disclosure)
  }

  /// Opens the personal data of an account, whose reading is recorded: not to be logged.
  ///
  /// ```swift
  /// if let person = try await ledger.accounts.reveal(account, under: leave) { show(person.name ?? person.subject) }
  /// ```
  ///
  /// - Returns: nil where the person is erased.
  /// - Throws: `not_found`; `forbidden` for an account that the disclosure is not about.
  public func reveal(_ id: AccountID, under disclosure: Disclosure) async throws(LedgerError) -> Revealed? {
    let ledger = ledger
    return try await ledger.blocking(.short) { () throws(LedgerError) -> Revealed? in
      guard let account = try ledger.accounts.account(id) else {
        throw LedgerError(Refusal(.notFound, field: "account", expected: "a registered account"))
      }
      guard !account.isErased else { return nil }
      try disclosure.require(account.subject, in: ledger)
      guard let subject = try ledger.open(account.subject, .accountSubject) else { return nil }
      var name: [UInt8]?
      if let sealed = account.name { name = try ledger.open(sealed, .accountName) }
      var email: [UInt8]?
      if let sealed = account.email { email = try ledger.open(sealed, .accountEmail) }
      return Revealed(
        subject: String(decoding: subject, as: UTF8.self), name: name.map { String(decoding: $0, as: UTF8.self) },
        email: email.map { String(decoding: $0, as: UTF8.self) })
    }
  }

  /// Disables an account: what it granted and the connectors that it owns stop until it is enabled.
  ///
  /// ```swift
  /// try await ledger.accounts.disable(account, reason: "left the company", by: Requester.operator)
  /// ```
  ///
  /// - Parameters:
  ///   - reason: shown in the audit trail; no personal data, as it stays for good.
  ///   - requester: the operator; or a tenant administrator, for accounts without the operator role.
  /// - Returns: whether it was enabled until now.
  /// - Throws: `forbidden`, `not_found`, `gone`, `last_admin`.
  @discardableResult
  public func disable(
    _ account: AccountID, reason: String, by requester: some Requesting, context: RequestContext = .none
  ) async throws(LedgerError) -> Bool {
    try await ledger.submit(
      DisableAccount(account: account, reason: reason, requester: Requester(requester)), context: context)
  }

  /// Enables an account that was disabled: what it granted works again.
  ///
  /// ```swift
  /// try await ledger.accounts.enable(account, revokingTokens: true, by: Requester.operator)
  /// ```
  ///
  /// - Parameters:
  ///   - revokingTokens: whether the tokens that were issued so far stay stopped, for good; the grants do not.
  ///   - requester: the operator; or a tenant administrator, unless an operator disabled the account or has it.
  /// - Returns: whether it was disabled until now.
  /// - Throws: `forbidden`, `not_found`, `gone`.
  @discardableResult
  public func enable(
    _ account: AccountID, revokingTokens: Bool = false, by requester: some Requesting,
    context: RequestContext = .none
  ) async throws(LedgerError) -> Bool {
    try await ledger.submit(
      EnableAccount(account: account, revokesTokens: revokingTokens, requester: Requester(requester)), context: context)
  }

  /// Gives an account another role. Tokens open the tenant's data only while their granter administers the tenant.
  ///
  /// ```swift
  /// try await ledger.accounts.changeRole(of: account, to: .tenantAdmin, by: Requester.operator)
  /// ```
  ///
  /// - Returns: whether it had another role until now.
  /// - Throws: `forbidden`, `not_found`, `gone`, `last_admin`; `approval_required` where the rules need a proposal.
  @discardableResult
  public func changeRole(
    of account: AccountID, to role: AccountRole, by requester: some Requesting, context: RequestContext = .none
  ) async throws(LedgerError) -> Bool {
    try await ledger.submit(
      ChangeAccountRole(account: account, role: role, requester: Requester(requester)),
      proposing: ledger.proposed(.changeRole(of: account, to: role), in: context), context: context)
  }
}

extension String {
  /// The characters at the beginning that have so many bytes of UTF-8 at most; of a single one that has more, its Unicode
  /// scalars.
  func prefix(bytes limit: Int) -> String {
    guard utf8.count > limit else { return self }
    var count = 0
    let whole = prefix { (character) in
      count += character.utf8.count
      return count <= limit
    }
    guard whole.isEmpty else { return String(whole) }
    count = 0
    let scalars = unicodeScalars.prefix { (scalar) in
      count += UTF8.width(scalar)
      return count <= limit
    }
    return String(String.UnicodeScalarView(scalars))
  }
}

extension Ledger {
  /// People who sign in.
  public var accounts: Accounts { Accounts(ledger: self) }
}
