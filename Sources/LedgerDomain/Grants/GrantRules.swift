import LedgerEvents

extension DomainReader where Self: ~Copyable {
  /// Whether the requester may stop a grant and its tokens; an operator may stop any.
  func may(_ requester: Requester, stop grant: Grant) throws(DecisionFailure) -> Bool {
    guard let account = requester.account else { return true }
    return try may(account, stop: grant)
  }

  /// Whether the account may stop a grant and its tokens: the granter, an admin of its group, and the connector's
  /// owner may.
  func may(_ account: AccountID, stop grant: Grant) throws(DecisionFailure) -> Bool {
    if grant.granter == account { return true }
    if try read(connector(grant.connector))?.owner == account { return true }
    guard let group = grant.group, let membership = try read(membership(of: account, in: group)) else { return false }
    return try read(self.membership(membership))?.role == .admin
  }
}

extension PermissionRevoked {
  init(of grant: Grant) {
    self.init()
    self.grant = grant.id.rawValue
    connector = grant.connector.rawValue
    group = grant.group?.rawValue ?? 0
    granter = grant.granter.rawValue
  }
}
