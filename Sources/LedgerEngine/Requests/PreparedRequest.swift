package import EventLog
package import KeyStore
import LedgerCrypto
package import LedgerDomain
package import LedgerEvents

/// A request with everything that its decision needs from outside; of one commit or of several.
package struct PreparedRequest: Sendable {
  package var requestID: [UInt8] = []
  package var address = ""
  /// Whether the ledger asks by itself, and nobody is there to be named.
  package var isAutomatic = true
  /// The operator who answers for it.
  package var namedOperator: AccountID?
  /// Why, and what it goes back to: UTF-8, empty where nothing was said.
  package var reason: [UInt8] = []
  package var ticket: [UInt8] = []

  /// The proposal by which it is done, what it asks for, and whether it has used up the proposal.
  package var proposal: ProposalID?
  package var proposed: ProposedRequest?
  package var hasUsedProposal = false

  package var approval: Approval {
    Approval(proposed, by: proposal, named: namedOperator, isUsed: hasUsedProposal)
  }

  /// Who and what answers for the command line.
  package var authority: [LogSubject] {
    var authority: [LogSubject] = []
    if let namedOperator {
      authority.append(LogSubject(kind: SubjectKind.operator.rawValue, number: namedOperator.rawValue))
    }
    if let proposal { authority.append(LogSubject(kind: SubjectKind.proposal.rawValue, number: proposal.rawValue)) }
    return authority
  }

  /// Whose key seals the address: of an account, of the person that it is known to be, or of somebody who may have none yet.
  package var account: AccountID?
  package var person: PersonID?
  /// Nil without an idempotency key.
  package var keyed: KeyedRequest?
  package var secrets: RequestSecrets = .fresh(SystemRandom())

  package init(
    requestID: [UInt8] = [], address: String = "", isAutomatic: Bool = true, namedOperator: AccountID? = nil,
    reason: [UInt8] = [], ticket: [UInt8] = [], person: PersonID? = nil, keyed: KeyedRequest? = nil,
    secrets: RequestSecrets = .fresh(SystemRandom())
  ) {
    self.requestID = requestID
    self.address = address
    self.isAutomatic = isAutomatic
    self.namedOperator = namedOperator
    self.reason = reason
    self.ticket = ticket
    self.person = person
    self.keyed = keyed
    self.secrets = secrets
  }
}

/// What a command was answered.
package struct Performed<Outcome: Sendable>: Sendable {
  package let outcome: Outcome
  /// What the first request with the same idempotency key left, where the answer is that one's.
  package let earlierMemo: [UInt8]?

  package init(outcome: Outcome, earlierMemo: [UInt8]?) {
    self.outcome = outcome
    self.earlierMemo = earlierMemo
  }
}

/// What was answered to a command that records digests of secrets, with those secrets.
package struct Submitted<Outcome: Sendable, Made: Sendable>: Sendable {
  package let outcome: Outcome
  /// What the recorded events are about: of a repeated request, what was made when it was first performed.
  package let made: Made
  /// Whether the answer is that of the first request with the same idempotency key.
  package let isRepeated: Bool

  package init(_ outcome: Outcome, _ made: Made, isRepeated: Bool) {
    self.outcome = outcome
    self.made = made
    self.isRepeated = isRepeated
  }
}
