public import LedgerEvents

/// An invitation to a group, as the person who is invited sees it.
public struct Invitation: Sendable, Equatable {
  /// What accepts it: see ``AcceptInvitation``.
  public var membership: MembershipID
  public var group: GroupID
  /// What the person becomes by accepting.
  public var role: Role
  /// From this moment on it cannot be accepted.
  public var expiresAt: Timestamp

  /// How long an invitation may be accepted: numbers change hands.
  public static let lifetime = Duration.seconds(30 * 86_400)
}

extension Membership {
  /// Whether nobody has accepted it.
  public var isInvitation: Bool { account == nil }

  /// Whether it is an invitation that can no longer be accepted.
  public func isExpired(at now: Timestamp) -> Bool { isInvitation && now >= addedAt + Invitation.lifetime }
}

extension DomainReader where Self: ~Copyable {
  /// The invitations that an account may accept: to the numbers that it has verified, oldest first.
  ///
  /// - Throws: ``ErrorCode/notFound`` or ``ErrorCode/accountDisabled``.
  package func invitations(to account: AccountID, at now: Timestamp) throws(DecisionFailure) -> [Invitation] {
    _ = try requireActiveAccount(account)
    var found: [Invitation] = []
    for phone in try read(phones(of: account)) {
      guard let number = try read(number(of: phone)) else { continue }
      for id in try read(memberships(number: number)) {
        guard let known = try read(membership(id)), known.isInvitation, !known.isExpired(at: now),
          try read(group(known.group))?.isDeleted == false,
          try read(membership(of: account, in: known.group)) == nil
        else { continue }
        found.append(
          Invitation(
            membership: id, group: known.group, role: known.role, expiresAt: known.addedAt + Invitation.lifetime))
      }
    }
    return found.sorted { $0.membership < $1.membership }
  }
}
