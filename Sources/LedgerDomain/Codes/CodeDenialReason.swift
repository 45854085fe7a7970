package import LedgerEvents

extension DomainReader where Self: ~Copyable {
  /// Why a code or PIN that was made at a position gives a connector no access any more: what would have stopped a token
  /// of that age stops it too, for good. Since then the account was disabled, be it enabled again or not; its own access
  /// to the connector was revoked; or all tokens of the account or of the connector were. Nil where none of that was.
  ///
  /// The revocation of one family of tokens is not among it: a connector may give back the tokens it has before it
  /// redeems the code for others.
  package func denialReason(
    forCodeMadeAt position: UInt64, for account: AccountID, to connector: ConnectorID
  ) throws(StateUnreadable) -> Verdict.Reason? {
    let disabled = try lastDisablement(of: account)
    if position < disabled { return .stopped(Subject(account), by: Position(disabled)) }
    for (number, kind) in [(connector.rawValue, SubjectKind.connector), (account.rawValue, .account)] {
      if let reason = try required(number, kind).denialReason(at: number, for: position) { return reason }
    }
    guard let grant = try lastRevokedGrant(to: connector, by: account) else { return nil }
    let revoked = try required(grant.rawValue, .grant).stoppedBy
    return position < revoked ? .stopped(Subject(grant), by: Position(revoked)) : nil
  }
}
