package import LedgerEvents

extension DomainReader where Self: ~Copyable {
  /// The rule of who answers for what the command line causes.
  ///
  /// A name at the command line is what somebody with the keys of the ledger says: nothing proves it. The rule keeps names
  /// that cannot be true out of the log.
  ///
  /// - Parameters:
  ///   - named: the account of the operator who was named; nil where nobody was.
  ///   - actor: who causes the events.
  /// - Throws: ``ErrorCode/forbidden`` of the field `operator` for an account that has not the operator role in force,
  ///   and where nobody is named though the rules of the ledger require it; ``ErrorCode/invalidValue`` where an operator
  ///   is named and somebody else asks.
  package func requireNamed(_ named: AccountID?, as actor: Subject) throws(DecisionFailure) {
    guard actor.kind == .operator else {
      guard named == nil else {
        throw .refused(
          .invalidValue, field: "operator", expected: "none, as it is no operator at the command line who asks")
      }
      return
    }
    guard let named else {
      guard try !read(oversight()).namesOperators else {
        throw .refused(
          .forbidden, field: "operator", expected: "the name of an operator, which the rules of this ledger require",
          remedy: "name an account that has the operator role")
      }
      return
    }
    guard let account = try read(account(named)), account.role == .operator, !account.isDisabled, !account.isErased
    else {
      throw .refused(
        .forbidden, field: "operator", expected: "an account that has the operator role and is not disabled")
    }
  }

  /// How many accounts other than one have the operator role in force.
  func operatorsInForce(besides account: AccountID? = nil) throws(DecisionFailure) -> Int {
    var count = 0
    for id in try read(operators()) where id != account {
      if let known = try read(self.account(id)), !known.isDisabled, !known.isErased { count += 1 }
    }
    return count
  }

  /// Refuses what would leave fewer operators than the rules of the ledger need, or than `least`.
  /// - Throws: ``ErrorCode/lastAdmin``.
  func requireOperators(besides account: Account, atLeast least: Int = 0) throws(DecisionFailure) {
    guard account.role == .operator, !account.isDisabled else { return }
    let needed = max(least, try read(oversight()).operatorCount)
    guard needed > 0, try operatorsInForce(besides: account.id) < needed else { return }
    throw .refused(
      .lastAdmin, field: "account",
      expected: needed == 1 ? "another operator" : "two other operators, as the rules of this ledger need",
      remedy: "make another account an operator first, at the command line")
  }
}
