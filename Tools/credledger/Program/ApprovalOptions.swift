import ArgumentParser
import CredentialLedger

/// Proposing a change that needs two operators, and making it by a proposal. Each command of which rules may need that has these.
struct ApprovalOptions: ParsableArguments {
  @Flag(
    help: ArgumentHelp(
      "Propose the change to another operator, and change nothing.",
      discussion: "Needed where the rules of the ledger need two operators for it: see credledger proposal."))
  var propose = false
  @Option(
    help: ArgumentHelp(
      "The proposal of this very change, which another operator approved, such as proposal:57.", valueName: "proposal"))
  var proposal: ProposalID?

  func validate() throws {
    guard !propose || proposal == nil else { throw ValidationError("Propose the change, or make it by --proposal.") }
  }
}

extension LedgerOptions {
  /// Proposes a change where that is asked for.
  ///
  /// - Returns: whether it was, and nothing else is to be done.
  func proposed(
    _ approval: ApprovalOptions, _ by: OperatorOptions, _ format: OutputFormat = .table,
    _ change: (Ledger) throws -> ProposedChange
  ) async throws -> Bool {
    guard approval.propose else { return false }
    let proposal = try await writing(by) { ledger, context in
      let id = try await ledger.proposals.make(try change(ledger), by: Requester.operator, context: context)
      return try ledger.proposals.proposal(id)
    }
    guard let proposal else { throw CheckFailed(reason: "the proposal was not found again", code: .damaged) }
    format.show(
      proposal.json(at: proposal.proposedAt),
      [
        "\(proposal.id): \(proposal.words)",
        "another operator approves it by credledger proposal approve \(proposal.id.rawValue), until \(proposal.expiresAt)",
      ])
    return true
  }

  /// Opens the ledger for writing, lets an operator change something by a proposal, if one is named, and closes it again.
  @discardableResult
  func writing<Result: Sendable>(
    _ by: OperatorOptions, _ approval: ApprovalOptions, _ body: (Ledger, RequestContext) async throws -> Result
  ) async throws -> Result {
    let proposal = approval.proposal
    return try await writing(by) { ledger, context in
      var context = context
      context.proposal = proposal
      return try await body(ledger, context)
    }
  }
}
