public import LedgerDomain
public import LedgerEvents

// Invitations by number, as those see them who are invited.
extension Groups {
  /// The invitations that an account may accept: to the numbers that it has verified, oldest first. Runs where it is called.
  ///
  /// ```swift
  /// let invitations = try ledger.groups.invitations(to: account)
  /// ```
  ///
  /// - Throws: `not_found`, `account_disabled`.
  public func invitations(to account: AccountID) throws(LedgerError) -> [Invitation] {
    let now = try ledger.now
    return try ledger.asking { (state) throws(DecisionFailure) in try state.invitations(to: account, at: now) }
  }

  /// Accepts an invitation: from then on the account is a member, with the role of the invitation. Accepting again changes
  /// nothing.
  ///
  /// ```swift
  /// for invitation in invitations { try await ledger.groups.accept(invitation.membership, by: account) }
  /// ```
  ///
  /// - Throws: `not_found` for what is no invitation to a number that the account has verified; `gone` once it is over, or
  ///   another has accepted it; `conflict` for a member of the group, `account_disabled`.
  public func accept(
    _ invitation: MembershipID, by account: AccountID, context: RequestContext = .none
  ) async throws(LedgerError) {
    _ = try await ledger.submit(AcceptInvitation(invitation, by: account), context: context)
  }
}
