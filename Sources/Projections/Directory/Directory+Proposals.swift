import EventLog
import LMDB
import LedgerCrypto
public import LedgerDomain
import LedgerEvents

// Changes that operators proposed.
extension Directory {
  func propose(
    _ event: ProposalMade, _ position: PositionNumber, _ time: Timestamp, _ transaction: inout WriteTransaction
  ) throws(LogError) {
    guard let kind = Oversight.Guarded(rawValue: UInt8(truncatingIfNeeded: event.kind.rawValue)) else {
      throw LogError(.unreadableEvent, "a proposal of an unknown kind; upgrade the program", at: position)
    }
    let proposal = ChangeProposal(
      id: ProposalID(rawValue: position), kind: kind, request: try Digest(of: event.request, at: position),
      words: event.words, proposer: AccountID(rawValue: event.proposer), account: AccountID(unlessZero: event.account),
      proposedAt: time, expiresAt: Timestamp(milliseconds: event.expiresAt))
    try put(proposal, at: .number(.proposal, position), in: &transaction)
  }

  func decide(_ event: ProposalDecided, _ transaction: inout WriteTransaction) throws(LogError) {
    try change(ChangeProposal.self, at: .number(.proposal, event.proposal), in: &transaction) { row in
      switch event.decision {
      case .approved:
        row.status = .approved
        row.approver = AccountID(unlessZero: event.operator)
      case .rejected:
        row.status = .rejected
        row.approver = AccountID(unlessZero: event.operator)
      case .withdrawn: row.status = .withdrawn
      case .executed: row.status = .executed
      case .unspecified, .UNRECOGNIZED: break
      }
    }
  }

  /// What was approved before a backup could be done again after it was restored.
  func voidProposals(_ transaction: inout WriteTransaction) throws(LogError) {
    for var row in try undecided(in: transaction) {
      row.status = .void
      try put(row, at: .number(.proposal, row.id.rawValue), in: &transaction)
    }
  }

  /// Leaves those ended that had expired by the clock before it was set back.
  func endProposals(
    that correction: ClockCorrected, _ transaction: inout WriteTransaction
  ) throws(LogError) {
    guard correction.to < correction.from else { return }
    let clock = try clockCorrections(in: transaction)
    for var row in try undecided(in: transaction) where row.end(before: correction, clock) {
      try put(row, at: .number(.proposal, row.id.rawValue), in: &transaction)
    }
  }

  /// Those that are open or approved, whether or not they have expired.
  private func undecided(in transaction: borrowing WriteTransaction) throws(LogError) -> [ChangeProposal] {
    var found: [ChangeProposal] = []
    var malformed: DirectoryKey?
    try stored { () throws(LMDBError) in
      try rows.forEach(from: .number(.proposal, 0), below: .number(.proposal, .max), in: transaction) { key, bytes in
        guard let row = ChangeProposal(decoding: bytes) else {
          malformed = key
          return .stop
        }
        if row.status == .open || row.status == .approved { found.append(row) }
        return .continue
      }
    }
    if let malformed { throw Self.malformed(malformed) }
    return found
  }
}

extension ChangeProposal: Row {
  func encode(to writer: inout RowWriter) {
    writer.id(id)
    writer.byte(kind.rawValue)
    writer.digest(request)
    writer.text(words)
    writer.id(proposer)
    writer.id(approver)
    writer.id(account)
    writer.byte(status.rawValue)
    writer.time(proposedAt)
    writer.time(expiresAt)
  }

  init?(from reader: inout RowReader) {
    guard let id = reader.id(ProposalID.self), let kind = reader.byte().flatMap({ Oversight.Guarded(rawValue: $0) }),
      let request = reader.digest(), let words = reader.text(), let proposer = reader.id(AccountID.self),
      let approver = reader.optionalID(AccountID.self), let account = reader.optionalID(AccountID.self),
      let status = reader.byte().flatMap({ Status(rawValue: $0) }), let proposedAt = reader.time(),
      let expiresAt = reader.time()
    else { return nil }
    self.init(
      id: id, kind: kind, request: request, words: words, proposer: proposer, approver: approver, account: account,
      status: status, proposedAt: proposedAt, expiresAt: expiresAt)
  }
}
