import EventLog
import LMDB
public import LedgerDomain
public import LedgerEvents

// The rules that operators work under.
extension LedgerState {
  @usableFromInline package func operators() throws(StateUnreadable) -> [AccountID] {
    try reading { () throws(LogError) in
      var found: [AccountID] = []
      try stored { () throws(LMDBError) in
        try directory.rows.forEach(
          from: .number(.operatorAccount, 0), below: .number(.operatorAccount, .max), in: transaction
        ) { key, _ in
          if case .number(_, let number) = key { found.append(AccountID(rawValue: number)) }
          return .continue
        }
      }
      return found
    }
  }

  @usableFromInline package func oversight() throws(StateUnreadable) -> Oversight {
    try row(Oversight.self, .number(.oversight, 0)) ?? Oversight()
  }

  @usableFromInline package func proposal(_ id: ProposalID) throws(StateUnreadable) -> ChangeProposal? {
    var found = try row(ChangeProposal.self, .number(.proposal, id.rawValue))
    found?.correct(by: clock)
    return found
  }

  /// Proposals from a number on, oldest first, as many as `limit`.
  package func proposals(from first: UInt64, limit: Int) throws(StateUnreadable) -> [ChangeProposal] {
    try page(of: ChangeProposal.self, .proposal, from: first, limit: limit).map {
      var proposal = $0
      proposal.correct(by: clock)
      return proposal
    }
  }
}
