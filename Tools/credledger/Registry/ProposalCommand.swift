import ArgumentParser
import CredentialLedger

struct ProposalCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "proposal", abstract: "Approve changes that need two operators.",
    discussion: """
      Where operator require-two says so, a change needs two operators: one proposes it by the command itself with \
      --propose, another approves the proposal, and either makes the change by the same command with --proposal. A proposal is \
      of one exact change, is of use for 72 hours, and once. Names at the command line are not proven: see operator.

      EXAMPLES
        credledger account role 12 tenant-admin --propose --as Ada --reason "new head of support"
        credledger proposal list --ledger ./ledger
        credledger proposal approve 57 --as Bo
        credledger account role 12 tenant-admin --proposal 57 --as Ada
      """,
    subcommands: [List.self, Show.self, Approve.self, Reject.self, Withdraw.self])

  struct List: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "List proposals that are open or approved, oldest first.",
      discussion: """
        EXAMPLES
          credledger proposal list
          credledger proposal list --all --format ndjson
        """)
    @OptionGroup var ledger: LedgerOptions
    @OptionGroup var output: FormatOptions
    @Flag(help: "Also those that were decided, used or have expired.") var all = false

    func run() async throws {
      let all = all
      let (proposals, now) = try await ledger.reading { ledger in
        let now = try ledger.now
        var found: [ChangeProposal] = []
        var after: ProposalID?
        while true {
          let page = try ledger.proposals.list(after: after, limit: 1_000)
          found += page.filter { all || $0.isOfUse(at: now) }
          guard page.count == 1_000, let last = page.last else { break }
          after = last.id
        }
        return (found, now)
      }
      output.format.show(
        proposals.map { $0.json(at: now) }, ["PROPOSAL", "KIND", "STATE", "BY", "UNTIL", "CHANGE"],
        proposals.map {
          [
            "\($0.id)", $0.kind.word, $0.state(at: now), "\($0.proposer)", "\($0.expiresAt)", $0.words,
          ]
        },
        columns: [
          "proposal", "kind", "change", "state", "proposer", "approver", "account", "proposedAt", "expiresAt",
          "request",
        ])
    }
  }

  struct Show: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Show a proposal.",
      discussion: """
        EXAMPLES
          credledger proposal show 57
          credledger proposal show proposal:57 --format json
        """)
    @OptionGroup var ledger: LedgerOptions
    @OptionGroup var output: FormatOptions
    @Argument(help: "The proposal, such as proposal:57 or 57.") var proposal: ProposalID

    func run() async throws {
      let id = proposal
      let (found, now) = try await ledger.reading { (try $0.proposals.proposal(id), try $0.now) }
      guard let found else {
        throw CheckFailed(
          reason: "there is no \(id); credledger proposal list --all shows those that there are [not_found]",
          code: .notFound)
      }
      output.format.show(
        found.json(at: now),
        [
          "\(found.id): \(found.words)", "kind \(found.kind.word), \(found.state(at: now))",
          "proposed by \(found.proposer) at \(found.proposedAt), of use until \(found.expiresAt)",
        ] + (found.approver.map { ["decided by \($0)"] } ?? []))
    }
  }

  struct Approve: DoorCommand {
    static let configuration = CommandConfiguration(
      abstract: "Approve another operator's proposal.",
      discussion: """
        Read it by proposal show first: the words are compared when the change is made.

        EXAMPLES
          credledger proposal approve 57 --as Bo
          credledger proposal approve proposal:57 --as Bo --reason "seen the contract" --format json
        """)
    @OptionGroup var answer: AnswerOptions
    var ledger: LedgerOptions { answer.ledger }

    func run() async throws {
      try await answer.run("is approved") { ledger, id, context in
        try await ledger.proposals.approve(id, by: Requester.operator, context: context)
      }
    }
  }

  struct Reject: DoorCommand {
    static let configuration = CommandConfiguration(
      abstract: "Reject another operator's proposal, also one that was approved.",
      discussion: """
        EXAMPLES
          credledger proposal reject 57 --as Bo --reason "wrong account"
          credledger proposal reject 57 --as Bo --format json
        """)
    @OptionGroup var answer: AnswerOptions
    var ledger: LedgerOptions { answer.ledger }

    func run() async throws {
      try await answer.run("is rejected") { ledger, id, context in
        try await ledger.proposals.reject(id, by: Requester.operator, context: context)
      }
    }
  }

  struct Withdraw: DoorCommand {
    static let configuration = CommandConfiguration(
      abstract: "Take one's own proposal back, also one that was approved.",
      discussion: """
        EXAMPLES
          credledger proposal withdraw 57 --as Ada
          credledger proposal withdraw 57 --as Ada --format json
        """)
    @OptionGroup var answer: AnswerOptions
    var ledger: LedgerOptions { answer.ledger }

    func run() async throws {
      try await answer.run("is withdrawn") { ledger, id, context in
        try await ledger.proposals.withdraw(id, by: Requester.operator, context: context)
      }
    }
  }

  /// What an answer to a proposal takes.
  struct AnswerOptions: ParsableArguments {
    @OptionGroup var ledger: LedgerOptions
    @OptionGroup(title: "Who and why") var by: OperatorOptions
    @OptionGroup var output: FormatOptions
    @Argument(help: "The proposal, such as proposal:57 or 57.") var proposal: ProposalID

    func run(
      _ done: String, _ body: (Ledger, ProposalID, RequestContext) async throws -> Void
    ) async throws {
      let id = proposal
      let change = try await ledger.changing(id, by) { try await body($0, id, $1) }
      change.show(output.format, done)
    }
  }
}

extension ChangeProposal {
  func isOfUse(at now: Timestamp) -> Bool { (status == .open || status == .approved) && now < expiresAt }

  /// The state in a word.
  func state(at now: Timestamp) -> String {
    (status == .open || status == .approved) && now >= expiresAt ? "expired" : "\(status)"
  }

  /// For machines.
  func json(at now: Timestamp) -> JSON {
    .object([
      ("proposal", JSON(id)), ("kind", .string(kind.word)), ("change", .string(words)),
      ("state", .string(state(at: now))), ("proposer", JSON(proposer)),
      ("approver", approver.map { JSON($0) } ?? .null), ("account", account.map { JSON($0) } ?? .null),
      ("proposedAt", .string("\(proposedAt)")), ("expiresAt", .string("\(expiresAt)")),
      ("request", .string(request.hex)),
    ])
  }
}
