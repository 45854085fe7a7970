package import LedgerEvents

/// What somebody may want to do to an account. One rule says who may: see ``DomainReader/requireAuthority(_:to:_:)``.
package enum AccountAction: Sendable, Hashable {
  case disable
  case enable
  case changeRole(to: AccountRole)
  case erase
  /// Read the personal data.
  case reveal
}

extension DomainReader where Self: ~Copyable {
  /// Who may do what to an account.
  ///
  /// | Who | To whom | What |
  /// | --- | --- | --- |
  /// | an operator at the command line | everybody | everything |
  /// | an account with the operator role, in person | everybody | disable, enable, reveal, and roles but the operator's |
  /// | a tenant administrator, in person | accounts without the operator role | the same, but for enabling what an operator disabled |
  /// | an auditor, in person | accounts without the operator role | reveal |
  /// | everybody, in person | themselves | reveal, erase |
  ///
  /// What would leave no tenant administrator in force is for the command line alone. What would leave fewer operators in
  /// force than the ``Oversight`` needs is for nobody; and nobody in person leaves the ledger without an operator in force, since
  /// the command line alone could make another.
  ///
  /// - Throws: ``ErrorCode/forbidden``, ``ErrorCode/lastAdmin``; ``ErrorCode/accountDisabled`` of the requester.
  package func requireAuthority(
    _ requester: Requester, to action: AccountAction, _ account: Account
  ) throws(DecisionFailure) {
    guard case .account(let id) = requester else {
      guard requester == .operator else { throw .administratorRequired }
      switch action {
      case .disable, .erase: try requireOperators(besides: account)
      case .changeRole(let role): if role != .operator { try requireOperators(besides: account) }
      case .enable, .reveal: break
      }
      return
    }
    let asking = try requireActiveAccount(id, field: "requester")
    switch action {
    case .erase where id == account.id: break
    case .erase: throw .operatorRequired
    case .reveal where id == account.id: return
    case .reveal where asking.role == .auditor:
      guard account.role != .operator else { throw .operatorRequired }
      return
    case .reveal, .disable, .enable, .changeRole:
      guard asking.role == .tenantAdmin || asking.role == .operator else { throw .administratorRequired }
      guard asking.role == .operator || account.role != .operator else { throw .operatorRequired }
    }
    switch action {
    case .enable:
      guard asking.role == .operator || !account.isDisabledByOperator else { throw .operatorRequired }
    case .changeRole(let role):
      // The operator role is given and taken at the command line only.
      guard role != .operator, account.role != .operator else { throw .operatorRequired }
      try requireTenantAdmin(besides: account)
    case .disable, .erase:
      try requireTenantAdmin(besides: account)
      try requireOperators(besides: account, atLeast: 1)
    case .reveal: break
    }
  }

  /// - Throws: ``ErrorCode/lastAdmin`` where the account is the last tenant administrator in force.
  private func requireTenantAdmin(besides account: Account) throws(DecisionFailure) {
    guard account.role == .tenantAdmin, !account.isDisabled else { return }
    for id in try read(tenantAdmins()) where id != account.id {
      if try read(self.account(id))?.isDisabled == false { return }
    }
    throw .refused(
      .lastAdmin, field: "account", expected: "another tenant administrator",
      remedy: "make another account one first, or ask an operator")
  }
}

extension DecisionFailure {
  static var operatorRequired: Self {
    .refused(.forbidden, field: "requester", expected: "an operator", remedy: "ask an operator of the ledger")
  }

  static var administratorRequired: Self {
    .refused(.forbidden, field: "requester", expected: "a tenant administrator or an operator")
  }
}
