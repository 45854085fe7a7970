import LedgerTestSupport
import Testing

@testable import CredentialLedger
@testable import LedgerOperations

/// Who restored a ledger, and who approved it, stands in the log that goes on.
@Suite struct RestoreAuthorityTests {
  let folder = TemporaryFolder()
  let clock = TestClock()

  /// A ledger with two operators, backed up with its keys.
  private func backedUp(_ rules: Oversight) async throws -> (ada: AccountID, bo: AccountID, proposal: ProposalID) {
    let ledger = try await Ledger.create(at: "\(folder.path)/ledger", origin: "ledger.example.org", clock.configuration)
    let issuer = "https://id.example.org"
    let ada = try await ledger.operators.create(issuer: issuer, subject: "ada", name: "Ada")
    let bo = try await ledger.operators.create(issuer: issuer, subject: "bo", name: "Bo")
    try await ledger.operators.configure(rules, context: RequestContext(namedOperator: ada))
    let proposal = try await ledger.proposals.make(.changeRole(of: bo, to: .user), by: ada, context: .none)
    try await ledger.proposals.approve(proposal, by: bo)
    _ = try await ledger.backups.make(at: "\(folder.path)/backup")
    await ledger.close()
    return (ada, bo, proposal)
  }

  private func restore(
    _ name: String, _ record: RestoreRecord = .event, by authority: RestoreAuthority
  ) async throws -> RestoreReport {
    try await Ledger.restore(
      from: "\(folder.path)/backup", keys: "\(folder.path)/ledger/keys", at: "\(folder.path)/\(name)",
      clock.configuration,
      record: record, by: authority)
  }

  @Test("A restore names operator, approver, reason and ticket, and voids what was approved before") func restoreNames()
    async throws
  {
    let (ada, bo, proposal) = try await backedUp(Oversight(namesOperators: true, guarded: [.restore]))
    let authority = RestoreAuthority(named: "Ada", approver: "\(bo)", reason: "disk failed", ticket: "DR-4")
    let report = try await restore("again", by: authority)
    let ledger = try await Ledger.open(at: "\(folder.path)/again", clock.configuration)
    let entry = try #require(try await ledger.audit.latest(1, of: .type(.ledgerRestored)).first)
    #expect(entry.position == report.recordedAt && entry.namedOperator == ada)
    #expect(entry.reason == "disk failed" && entry.ticket == "DR-4")
    guard case .ledgerRestored(let event) = entry.event else { throw Unexpected() }
    #expect(event.approver == bo.rawValue)
    #expect(entry.subjects.contains(Subject(bo)))
    #expect(try ledger.proposals.proposal(proposal)?.status == .void)
    #expect(try await ledger.integrity.verify().projectionsMatch)
    await ledger.close()
  }

  @Test("Where the rules of the log need two, one restores nothing") func rulesLog() async throws {
    let (ada, _, _) = try await backedUp(Oversight(namesOperators: true, guarded: [.restore]))
    let refused: [(RestoreAuthority, String, String)] = [
      (RestoreAuthority(named: "Ada"), "approval_required", "approver"),
      (RestoreAuthority(named: "Ada", approver: "Ada"), "forbidden", "approver"),
      (RestoreAuthority(named: "Ada", approver: "Cy"), "forbidden", "approver"),
      (RestoreAuthority(named: "Cy", approver: "Ada"), "forbidden", "operator"),
      (RestoreAuthority(approver: "\(ada)"), "forbidden", "operator"),
      (RestoreAuthority(named: "Ada", approver: "Bo", reason: "a\nb"), "invalid_value", "reason"),
    ]
    for (index, (authority, code, field)) in refused.enumerated() {
      await #expect(throws: LedgerError(.init(rawValue: code), "", field: field), "\(index)") {
        try await restore("again\(index)", by: authority)
      }
    }
    await #expect(throws: LedgerError(.init(rawValue: "approval_required"), "", field: "record")) {
      try await restore("exact", .none, by: .none)
    }
    #expect(TemporaryFolder.names(in: folder.path)?.sorted() == ["backup", "ledger"])
  }

  @Test("Where names are required, a restore names one; an import is recorded where it names one") func namesRequired()
    async throws
  {
    let (ada, _, _) = try await backedUp(Oversight(namesOperators: true))
    await #expect(throws: LedgerError(.init(rawValue: "forbidden"), "", field: "operator")) {
      try await restore("again", by: .none)
    }
    await #expect(throws: LedgerError(.invalidValue, "", field: "record")) {
      try await restore("again", .none, by: RestoreAuthority(named: "Ada"))
    }
    #expect(try await restore("exact", .none, by: .none).recordedAt == nil)
    #expect(try await restore("named", by: RestoreAuthority(named: "\(ada)")).recordedAt != nil)
  }
}
