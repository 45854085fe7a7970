import LedgerEvents

extension Sample {
  static let oversightConfigured = OversightConfigured.with {
    $0.before = .with { $0.namedOperators = true }
    $0.after = .with {
      $0.namedOperators = true
      $0.guarded = [.erasure, .role, .keys, .restore]
    }
  }

  static let proposalMade = ProposalMade.with {
    $0.kind = .role
    $0.request = bytes(32, from: 41)
    $0.words = "give account:11 the role tenant-admin"
    $0.proposer = 42
    $0.expiresAt = 1_767_484_800_000
    $0.account = 11
  }

  static let proposalDecided = ProposalDecided.with {
    $0.proposal = 43
    $0.decision = .executed
    $0.operator = 44
  }

  static let personalDataRevealed = PersonalDataRevealed.with {
    $0.purpose = "group members"
    $0.everybody = true
    $0.accounts = [11, 31]
    $0.persons = [bytes(16, from: 35)]
    $0.group = 15
  }
}
