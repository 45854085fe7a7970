import LedgerEvents

extension DomainReader where Self: ~Copyable {
  /// The phone that stands for the account: the one verified first of those it has.
  /// - Throws: ``ErrorCode/phoneRequired``.
  func requireVerifiedPhone(of account: AccountID) throws(DecisionFailure) -> PhoneID {
    guard let phone = try read(phones(of: account)).first else {
      throw .refused(
        .phoneRequired, field: "account", expected: "a verified phone", remedy: "verify a phone number first")
    }
    return phone
  }
}
