import ArgumentParser
import CredentialLedger

struct ClockCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "clock", abstract: "Show the state of the ledger's clock, and accept a step of the clock.",
    subcommands: [Show.self, Accept.self])

  struct Show: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Show the machine's clock and the ledger's time.",
      discussion: """
        The ledger's time is never earlier than the newest event. Exits with status 1 if the clock is so far behind \
        that commands are refused.

        EXAMPLES
          credledger clock show
          credledger clock show --format json
        """)

    @OptionGroup var ledger: LedgerOptions
    @OptionGroup var output: FormatOptions

    func run() async throws {
      try await ledger.reading { ledger in
        let status = try ledger.clockStatus
        if let text = output.format.text(JSON(status)) {
          print(text)
        } else {
          print("clock         \(status.clock)")
          print("ledger        \(status.now)")
          print("synchronised  \(status.isSynchronized ? "yes" : "not as far as the kernel knows")")
        }
        guard status.fault == nil else {
          throw CheckFailed(
            reason: "the clock is behind the ledger, whose newest events are of \(status.now): set it right, or run "
              + "credledger clock accept [\(LedgerError.Code.clockBehind)]")
        }
      }
    }
  }

  struct Accept: DoorCommand {
    static let configuration = CommandConfiguration(
      abstract: "Confirm that the clock is right: recorded time continues from it.",
      discussion: """
        For a ledger that was written while the clock was ahead. Appends clock.corrected with the old and the new \
        time; events keep the order of their positions. Tokens, codes, PINs and webhooks that were created while the \
        clock was ahead end earlier by the same amount.

        EXAMPLES
          credledger clock accept
        """)

    @OptionGroup var ledger: LedgerOptions
    @OptionGroup(title: "Who and why") var by: OperatorOptions
    @OptionGroup var output: FormatOptions

    func run() async throws {
      try await ledger.writing(by) { ledger, context in
        let corrected = try await ledger.acceptClock(context: context)
        if let text = output.format.text(
          JSON.object([
            ("position", .number(corrected.position.rawValue)), ("from", .string("\(corrected.from)")),
            ("to", .string("\(corrected.to)")),
          ]))
        {
          return print(text)
        }
        print("recorded time goes on from \(corrected.to), not from \(corrected.from)")
        print("clock.corrected is event \(corrected.position)")
      }
    }
  }
}

extension JSON {
  fileprivate init(_ status: ClockStatus) {
    self = .object([
      ("clock", .string("\(status.clock)")), ("now", .string("\(status.now)")),
      ("fault", status.fault.map { .string($0.rawValue) } ?? .null), ("synchronized", .bool(status.isSynchronized)),
    ])
  }
}
