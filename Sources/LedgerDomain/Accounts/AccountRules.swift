public import LedgerEvents

extension DomainReader where Self: ~Copyable {
  /// The account on whose behalf something is asked for.
  /// - Throws: ``ErrorCode/notFound`` or ``ErrorCode/accountDisabled``.
  func requireActiveAccount(_ id: AccountID, field: String = "account") throws(DecisionFailure) -> Account {
    guard let account = try read(self.account(id)) else {
      throw .refused(.notFound, field: field, expected: "a registered account")
    }
    guard !account.isDisabled else {
      throw .refused(
        .accountDisabled, field: field, expected: "an account that is not disabled",
        remedy: "ask the operator to enable it")
    }
    return account
  }
}

extension DomainReader where Self: ~Copyable {
  /// Those who administer accounts: operators, and tenant administrators in person.
  /// - Throws: ``ErrorCode/forbidden`` or ``ErrorCode/accountDisabled``.
  func requireAdministrator(_ requester: Requester) throws(DecisionFailure) {
    switch requester {
    case .operator: return
    case .account(let id):
      let account = try requireActiveAccount(id, field: "requester")
      if account.role == .tenantAdmin || account.role == .operator { return }
    case .connector: break
    }
    throw .administratorRequired
  }

  /// Whether one of those who administer accounts asks: an operator, or a tenant administrator in person.
  func isAdministrator(_ requester: Requester) throws(DecisionFailure) -> Bool {
    switch requester {
    case .operator: return true
    case .account(let id):
      let role = try read(account(id))?.role
      return role == .tenantAdmin || role == .operator
    case .connector: return false
    }
  }

  /// Whether it is an operator who asks, at the command line or in person.
  func isOperator(_ requester: Requester) throws(DecisionFailure) -> Bool {
    guard case .account(let id) = requester else { return requester == .operator }
    return try read(account(id))?.role == .operator
  }

  /// The account that is to be changed, which must not be erased.
  func requireKnownAccount(_ id: AccountID) throws(DecisionFailure) -> Account {
    guard let account = try read(self.account(id)) else {
      throw .refused(.notFound, field: "account", expected: "a registered account")
    }
    guard !account.isErased else { throw .refused(.gone, field: "account", expected: "a person who is not erased") }
    return account
  }
}

extension AccountRole {
  /// What the access that an account with this role gives may open.
  public var grantableScopes: Scopes {
    self == .tenantAdmin ? .all : Scopes.all.subtracting([.tenantRead, .tenantWrite, .tenantRemove])
  }
}
