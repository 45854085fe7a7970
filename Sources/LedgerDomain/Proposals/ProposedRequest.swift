package import LedgerCrypto
package import LedgerEvents

/// A change that may need the approval of a second operator, as it is proposed and as it is made: the two must be the same.
package struct ProposedRequest: Sendable, Hashable {
  /// What needs the approval.
  package var kind: Oversight.Guarded
  /// SHA-256 of the exact request, which holds no personal data.
  package var digest: Digest
  /// The request in words, for the operator who approves.
  package var words: String
  /// The account that is to be changed, if it is about one.
  package var account: AccountID?

  package init(kind: Oversight.Guarded, digest: Digest, words: String, account: AccountID? = nil) {
    self.kind = kind
    self.digest = digest
    self.words = words
    self.account = account
  }
}

/// By what right a change is made that may need the approval of a second operator.
package struct Approval: Sendable {
  /// What is asked for; nil for what never needs one, or where no proposal is named.
  package var request: ProposedRequest?
  /// The proposal that was named.
  package var proposal: ProposalID?
  /// The operator who was named.
  package var named: AccountID?
  /// Whether this very request has used up the proposal in an earlier commit.
  package var isUsed: Bool

  package init(
    _ request: ProposedRequest? = nil, by proposal: ProposalID? = nil, named: AccountID? = nil, isUsed: Bool = false
  ) {
    self.request = request
    self.proposal = proposal
    self.named = named
    self.isUsed = isUsed
  }
}
