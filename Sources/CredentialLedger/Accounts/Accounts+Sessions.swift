public import LedgerDomain
public import LedgerEvents

// Sessions are no business of the ledger; that they ended, and that somebody could not sign in, is.
extension Accounts {
  /// Records that sessions of an account were ended, as `account.signed_out`, one event each. One commit.
  ///
  /// ```swift
  /// try await ledger.accounts.recordSignOut(ofSignIns: [signIn], admin, .signedOut, by: admin)
  /// ```
  ///
  /// - Parameters:
  ///   - signIns: the positions of the events of their sign-ins, each 0 where it is not known; at most 64.
  ///   - end: how they ended.
  /// - Throws: `not_found` for an account that there is not, `invalid_value`.
  public func recordSignOut(
    ofSignIns signIns: [Position], _ account: AccountID, _ end: SignOutCause, by requester: some Requesting,
    context: RequestContext = .none
  ) async throws(LedgerError) {
    let command = RecordSignOut(account: account, signIns: signIns, end: end, requester: Requester(requester))
    _ = try await ledger.submit(command, by: requester.caller, context: context)
  }

  /// Records that a sign-in was refused, as `account.sign_in_refused`. One commit: limit
  /// how many refusals you record, since these people have proved nothing.
  ///
  /// ```swift
  /// try await ledger.accounts.recordRefusedSignIn(
  ///   issuer: "https://id.example.org", .unverified, detail: "nonce: expected the one of the request")
  /// ```
  ///
  /// - Parameters:
  ///   - issuer: the provider's issuer URL.
  ///   - detail: what was wrong, in words of the program: one line of at most 200 bytes, nothing personal.
  ///   - account: the account, where it is known.
  ///   - unrecorded: refusals since the one recorded before that were too many to be recorded.
  /// - Throws: `not_found` for an account that there is not, `invalid_value`.
  public func recordRefusedSignIn(
    issuer: String, _ refusal: RefusedSignIn, detail: String = "", account: AccountID? = nil, unrecorded: UInt64 = 0,
    context: RequestContext = .none
  ) async throws(LedgerError) {
    let command = RecordSignInRefusal(
      issuer: issuer, refusal: refusal, detail: detail, account: account, unrecorded: unrecorded)
    _ = try await ledger.submit(command, by: .ledger, context: context)
  }
}
