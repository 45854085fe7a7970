import KeyStore
import LedgerCrypto
public import LedgerDomain
public import LedgerEvents

/// The people of a ledger.
public struct Accounts: Sendable {
  let ledger: Ledger

  /// Records that somebody signed in by OpenID Connect; registers the account at the first time.
  ///
  /// - Parameters:
  ///   - issuer: the provider's "iss"; at most 255 bytes.
  ///   - subject: the provider's "sub"; at most 255 bytes.
  ///   - name: display name, if known; sealed under the person's key, as are the following.
  ///   - email: e-mail address, if known.
  ///   - role: given at registration only.
  /// - Throws: `account_disabled`.
  public func signIn(
    issuer: String, subject: String, name: String? = nil, email: String? = nil, role: AccountRole = .user,
    context: RequestContext = .none
  ) async throws(LedgerError) -> SignIn.Outcome {
    for (field, value) in [("issuer", issuer), ("subject", subject)] {
      guard (1...255).contains(value.utf8.count) else {
        throw LedgerError(.invalidValue, "\(field): expected 1 to 255 bytes", field: field)
      }
    }
    let request = try ledger.prepare(
      context, caller: "\(issuer)\0\(subject)", "accounts.signIn", issuer, subject, name ?? "", email ?? "",
      "\(role.rawValue)")
    let ledger = ledger
    let (command, existing) = try await ledger.blocking { () throws(LedgerError) -> (SignIn, AccountID?) in
      let identity = ledger.log.participant.personalData.hash(issuer: issuer, subject: subject.utf8)
      let existing = try ledger.reading { (state) throws(StateUnreadable) in try state.account(identity: identity) }
      let person = if let existing { try ledger.person(of: existing) } else { try ledger.newPerson() }
      var sealedName: Sealed?
      if let name { sealedName = try ledger.seal(name, for: person, .accountName) }
      var sealedEmail: Sealed?
      if let email { sealedEmail = try ledger.seal(email, for: person, .accountEmail) }
      let command = SignIn(
        identity: identity, issuer: issuer, subject: try ledger.seal(subject, for: person, .accountSubject),
        name: sealedName, email: sealedEmail, role: role)
      return (command, existing)
    }
    return try await ledger.execute(command, by: existing, request)
  }

  /// An account as it is now; nil if there is none.
  public func account(_ id: AccountID) throws(LedgerError) -> Account? {
    try ledger.reading { (state) throws(StateUnreadable) in try state.account(id) }
  }
}

extension Ledger {
  /// People who sign in.
  public var accounts: Accounts { Accounts(ledger: self) }
}
