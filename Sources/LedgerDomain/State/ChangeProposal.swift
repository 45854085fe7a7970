public import LedgerCrypto
public import LedgerEvents

/// A change that an operator proposed, for another to approve.
public struct ChangeProposal: Sendable, Hashable {
  /// How far a proposal has come. That it expired is told by the time alone: see ``expiresAt``.
  public enum Status: UInt8, Sendable, Hashable, CaseIterable {
    /// Nobody has decided.
    case open = 0
    /// Another operator approved it: the change can be made once.
    case approved = 1
    /// The operator who made it took it back.
    case withdrawn = 2
    /// Another operator refused it.
    case rejected = 3
    /// The change was made.
    case executed = 4
    /// The ledger was restored since: what was proposed before that is of no use.
    case void = 5
  }

  public var id: ProposalID
  /// What needs the approval.
  public var kind: Oversight.Guarded
  /// SHA-256 of the exact request.
  public var request: Digest
  /// The request in words.
  public var words: String
  /// The operator who proposed it.
  public var proposer: AccountID
  /// The operator who approved or rejected it; nil where nobody did.
  public var approver: AccountID?
  /// The account that is to be changed, if it is about one.
  public var account: AccountID?
  public var status: Status
  public var proposedAt: Timestamp
  /// From when on it is of no use.
  public var expiresAt: Timestamp

  public init(
    id: ProposalID, kind: Oversight.Guarded, request: Digest, words: String, proposer: AccountID,
    approver: AccountID? = nil, account: AccountID? = nil, status: Status = .open, proposedAt: Timestamp,
    expiresAt: Timestamp
  ) {
    self.id = id
    self.kind = kind
    self.request = request
    self.words = words
    self.proposer = proposer
    self.approver = approver
    self.account = account
    self.status = status
    self.proposedAt = proposedAt
    self.expiresAt = expiresAt
  }

  /// Lets it end when it does by the corrections of the clock.
  public mutating func correct(by clock: ClockCorrections) {
    if !clock.isEmpty { expiresAt = clock.end(expiresAt, saidAt: id.position) }
  }

  /// Ends it for good where it had expired when the clock was set back: by the earlier time it would be of use again, and so
  /// would an approval that nobody counts on any more. Credentials have no such rule, since a clock that was ahead by mistake
  /// would end all of them; a change is proposed again.
  ///
  /// - Parameters:
  ///   - correction: of the clock.
  ///   - clock: the corrections before it.
  /// - Returns: whether it had expired.
  package mutating func end(before correction: ClockCorrected, _ clock: ClockCorrections) -> Bool {
    let end = clock.end(expiresAt, saidAt: id.position)
    guard end <= Timestamp(milliseconds: correction.from) else { return false }
    expiresAt = min(expiresAt, Timestamp(milliseconds: correction.to))
    return true
  }

  /// For how long a proposal is of use.
  public static let lifetime = Duration.seconds(72 * 3_600)
}

extension Oversight.Guarded {
  /// How events name it.
  var recorded: GuardedChange { GuardedChange(rawValue: Int(rawValue)) ?? .unspecified }
}
