public import LedgerEvents

extension DomainReader where Self: ~Copyable {
  /// The account on whose behalf something is asked for.
  /// - Throws: ``Refusal/Code/notFound`` or ``Refusal/Code/accountDisabled``.
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
  /// - Throws: ``Refusal/Code/forbidden`` or ``Refusal/Code/accountDisabled``.
  func requireAdministrator(_ requester: Requester) throws(DecisionFailure) {
    switch requester {
    case .operator: return
    case .account(let id):
      let account = try requireActiveAccount(id, field: "requester")
      if account.role == .tenantAdmin || account.role == .operator { return }
    case .connector: break
    }
    throw .refused(.forbidden, field: "requester", expected: "a tenant administrator or an operator")
  }

  /// The account that is to be changed, which must not be erased.
  func requireKnownAccount(_ id: AccountID) throws(DecisionFailure) -> Account {
    guard let account = try read(self.account(id)) else {
      throw .refused(.notFound, field: "account", expected: "a registered account")
    }
    guard !account.isErased else { throw .refused(.gone, field: "account", expected: "a person who is not erased") }
    return account
  }

  /// What would leave no tenant administrator in force is an operator's to do.
  /// - Throws: ``Refusal/Code/lastAdmin``.
  func requireTenantAdmin(besides account: Account, by requester: Requester) throws(DecisionFailure) {
    guard account.role == .tenantAdmin, !account.isDisabled, requester != .operator else { return }
    for id in try read(tenantAdmins()) where id != account.id {
      if try read(self.account(id))?.isDisabled == false { return }
    }
    throw .refused(
      .lastAdmin, field: "account", expected: "another tenant administrator",
      remedy: "make another account one first, or ask an operator")
  }
}

extension AccountRole {
  /// What the access that an account with this role gives may open.
  public var grantableScopes: Scopes {
    self == .tenantAdmin ? .all : Scopes.all.subtracting([.tenantRead, .tenantWrite, .tenantRemove])
  }
}
