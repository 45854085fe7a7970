package import LedgerCrypto
public import LedgerEvents

/// Lets a connector act for a group, or for a person, and makes a refresh token for it.
///
/// Where the access is given already, the new refresh token supersedes the one before. The grant itself is made anew
/// if it is another's, if it no longer stands, or if it is for other scopes: a grant always depends on who gives it now, and
/// gives what that person agreed to.
public struct GrantAccess: Command {
  /// What a grant opens.
  public enum Access: Sendable, Equatable {
    /// To a group that the granter is an admin of.
    case group(GroupID)
    /// To what the granter may do.
    case user
  }

  package var connector: ConnectorID
  package var access: Access
  package var granter: AccountID
  /// What the granter agreed to.
  package var consent: Consent
  /// SHA-256 of the refresh token's secret part.
  package var refreshDigest: Digest
  /// The granter, unless another is named.
  package var requester: Requester?

  package init(
    connector: ConnectorID, access: Access, granter: AccountID, consent: Consent, refreshDigest: Digest,
    requester: Requester? = nil
  ) {
    self.consent = consent
    self.connector = connector
    self.access = access
    self.granter = granter
    self.refreshDigest = refreshDigest
    self.requester = requester
  }

  /// The scopes given are those of the grant, which never change.
  package struct Outcome: Sendable, Equatable {
    package var grant: GrantID
    /// The new family, which is the handle of the refresh token too.
    package var family: FamilyID
    /// When the refresh token expires.
    package var expiresAt: Timestamp
  }

  package func decide(
    _ state: borrowing some DomainReader & ~Copyable, _ context: DecisionContext
  ) throws(DecisionFailure) -> Decision {
    let requester = requester ?? .account(granter)
    try state.requireActive(granter, madeBy: requester, field: "granter")
    let granting = try state.granting(
      access, to: connector, by: granter, agreeingTo: consent, refreshDigest: refreshDigest, first: context.next,
      at: context.now)
    return Decision(by: requester, events: granting.events)
  }

  package func admit(
    _ state: borrowing some DomainReader & ~Copyable, _ context: DecisionContext
  ) throws(DecisionFailure) {
    try state.requireActive(granter, madeBy: requester ?? .account(granter), field: "granter")
  }

  package func outcome(of recorded: RecordedEvents) -> Outcome {
    guard case .refreshTokenIssued(let token) = recorded.events.last else {
      preconditionFailure("These are not the events of a GrantAccess.")
    }
    return Outcome(
      grant: GrantID(rawValue: token.grant),
      family: FamilyID(madeAt: recorded.first + UInt64(recorded.events.count - 1)),
      expiresAt: Timestamp(milliseconds: token.expiresAt))
  }
}
