public import LedgerCrypto
public import LedgerEvents

/// A change that may need the approval of a second operator, as it is proposed and as it is made: the two must be the same.
public struct ProposedRequest: Sendable, Hashable {
  /// What needs the approval.
  public var kind: Oversight.Guarded
  /// SHA-256 of the exact request, which holds no personal data.
  public var digest: Digest
  /// The request in words, for the operator who approves.
  public var words: String
  /// The account that is to be changed, if it is about one.
  public var account: AccountID?

  public init(kind: Oversight.Guarded, digest: Digest, words: String, account: AccountID? = nil) {
    self.kind = kind
    self.digest = digest
    self.words = words
    self.account = account
  }
}

/// By what right a change is made that may need the approval of a second operator.
public struct Approval: Sendable {
  /// What is asked for; nil for what never needs one, or where no proposal is named.
  public var request: ProposedRequest?
  /// The proposal that was named.
  public var proposal: ProposalID?
  /// The operator who was named.
  public var named: AccountID?
  /// Whether this very request has used up the proposal in an earlier commit.
  public var isUsed: Bool

  public init(
    _ request: ProposedRequest? = nil, by proposal: ProposalID? = nil, named: AccountID? = nil, isUsed: Bool = false
  ) {
    self.request = request
    self.proposal = proposal
    self.named = named
    self.isUsed = isUsed
  }
}
