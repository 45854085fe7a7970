import LedgerEvents

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
