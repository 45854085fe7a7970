import LedgerDomain
import LedgerEvents

extension Requesting {
  /// Within whose idempotency keys a request's key is unique.
  var caller: String {
    switch requester {
    case .account(let id): id.description
    case .connector(let id, let account): "\(Subject(id)) for \(account)"
    case .operator: "\(Subject.operator)"
    }
  }

  /// The account that something is made for: that of whoever asks, unless another is named.
  func account(for named: AccountID?, field: String) throws(LedgerError) -> AccountID {
    guard let account = named ?? requester.account else {
      throw LedgerError(.invalidValue, "\(field): expected an account, as an operator has none", field: field)
    }
    return account
  }
}
