import LedgerEvents

extension DomainReader where Self: ~Copyable {
  /// The account that something is made for, which must not be disabled. A person makes things for itself only, an
  /// operator for anybody.
  /// - Throws: ``ErrorCode/forbidden``, ``ErrorCode/notFound`` or ``ErrorCode/accountDisabled``.
  @discardableResult
  func requireActive(
    _ owner: AccountID, madeBy requester: Requester, field: String
  ) throws(DecisionFailure) -> Account {
    guard requester.account == nil || requester.account == owner else {
      throw .refused(.forbidden, field: field, expected: "the account of the requester")
    }
    return try requireActiveAccount(owner, field: field)
  }
}
