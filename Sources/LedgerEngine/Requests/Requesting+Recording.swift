package import LedgerDomain
package import LedgerEvents

extension Requesting {
  /// The account that something is made for: that of the caller, unless another is named.
  package func account(for named: AccountID?, field: String) throws(LedgerError) -> AccountID {
    guard let account = named ?? requester.account else {
      throw LedgerError(.invalidValue, "\(field): expected an account, as an operator has none", field: field)
    }
    return account
  }
}
