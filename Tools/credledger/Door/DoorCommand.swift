import ArgumentParser
import CredentialLedger
import Glibc
import LedgerServer

/// A command that the server performs where one has the ledger open.
///
/// It must reach the ledger by ``LedgerOptions`` alone, print by `print` and `write`, and read by what ``inputs`` names.
protocol DoorCommand: AsyncParsableCommand {
  var ledger: LedgerOptions { get }
  /// Whether it changes something, as it was given; what only reads opens the ledger beside the server.
  var changesLedger: Bool { get }
  /// What to do instead while a server has the ledger open, of what it does not perform for others and nobody can do beside
  /// it; nil for everything else. See the decision CommandsThroughTheDoor.
  var besideServer: String? { get }
  /// What it reads besides the ledger.
  var inputs: [CommandInput] { get }
  /// Asks for what cannot be undone, on the sender's terminal; refuses what cannot be done here with the answer.
  func confirm() throws
  /// Takes what the server printed where it succeeded.
  func take(_ output: String) async throws
}

extension DoorCommand {
  var changesLedger: Bool { true }
  var besideServer: String? { nil }
  var inputs: [CommandInput] { [] }
  func confirm() throws {}
  func take(_ output: String) { Output.write(Presentation.localTimes(in: output)) }
}

/// A file that a command reads, or standard input.
struct CommandInput {
  /// As the command names it; `-` is standard input.
  let name: String
  /// What is asked for on a terminal, such as "token"; nil asks nothing.
  var prompt: String?
}

/// The sender's side of the operator's door.
enum Door {
  /// How much of one file is sent.
  private static let limit = 48 << 20

  /// The server that is to perform a command: the one that CREDLEDGER_SERVER names, or else one that has the ledger open.
  private static func client(for command: any DoorCommand) throws -> OperatorDoorClient? {
    guard let server = LedgerOptions.environment("CREDLEDGER_SERVER") else {
      return command.ledger.namedFolder.flatMap { OperatorDoorClient(of: $0) }
    }
    guard let token = LedgerOptions.environment("CREDLEDGER_OPERATOR_TOKEN") else {
      throw ValidationError("Give the operator's token for CREDLEDGER_SERVER in CREDLEDGER_OPERATOR_TOKEN.")
    }
    // No process that this one starts sees it.
    unsafe unsetenv("CREDLEDGER_OPERATOR_TOKEN")
    let authorities = LedgerOptions.environment("CREDLEDGER_SERVER_CA")
    guard let client = OperatorDoorClient(server: server, token: token, authorities: authorities) else {
      throw ValidationError("CREDLEDGER_SERVER: expected https://HOST:PORT, or http on the loopback.")
    }
    return client
  }

  /// Has a command performed by the server that has its ledger open.
  ///
  /// - Returns: the exit status; nil where the command is to be performed here.
  static func perform(_ command: any DoorCommand) async throws -> Int32? {
    guard command.changesLedger || command.besideServer != nil, let client = try client(for: command) else {
      return nil
    }
    if let instead = command.besideServer {
      throw CheckFailed(
        reason: "a server has the ledger open, and does not do this for others: \(instead) [already_open]")
    }
    try command.ledger.requireServersOwn()
    try command.confirm()
    var inputs: [String: [UInt8]] = [:]
    for input in command.inputs where inputs[input.name] == nil {
      inputs[input.name] =
        if let prompt = input.prompt, input.name == "-", isatty(STDIN_FILENO) == 1 {
          Array(try HiddenLine.read("\(prompt): ").utf8)
        } else { try contents(of: input.name, limit: limit) }
    }
    let request = OperatorRequest(
      arguments: Array(ProcessArguments.all.dropFirst()), operatorName: OperatorOptions.named, inputs: inputs,
      columns: Terminal.width, isConfirmed: true)
    let answer: OperatorAnswer
    do { answer = try await client.perform(request) } catch {
      // As where the outcome of a commit is not known.
      if error.isOutcomeKnown { throw CheckFailed(reason: "\(error.reason) [forbidden]") }
      throw CannotRead(reason: "\(error.reason) [\(LedgerError.Code.outcomeUnknown)]")
    }
    if answer.status == 0 {
      try await command.take(answer.output)
    } else {
      Output.write(Presentation.localTimes(in: answer.output))
    }
    if let text = answer.shownOnce { try Output.syncOnce(text) } else { try Output.flush() }
    write(answer.error, to: STDERR_FILENO)
    return answer.status
  }
}

extension LedgerOptions {
  /// Refuses what a command says about how the ledger is opened: the server has opened it already.
  fileprivate func requireServersOwn() throws {
    for (option, value) in [("--witness-file", witnessFile), ("--scratch", scratch), ("--signing-key", signingKey)]
    where value != nil {
      throw CheckFailed(
        reason: "\(option): a server has the ledger open, and keeps to its own; leave the option out [already_open]")
    }
  }
}

/// The server's side: performs the commands that are marked, as the program itself would.
struct DoorCommands: OperatorCommands {
  private let ledger: Ledger

  init(_ ledger: Ledger) { self.ledger = ledger }

  func perform(_ request: OperatorRequest, from sender: OperatorSender) async -> OperatorAnswer {
    let session = DoorSession(ledger, request, from: sender)
    return await DoorSession.$current.withValue(session) {
      var used: any ParsableCommand.Type = CredLedger.self
      do {
        let parsed = try CredLedger.parseAsRoot(request.arguments)
        used = type(of: parsed)
        guard var command = parsed as? any DoorCommand, command.changesLedger, command.besideServer == nil else {
          throw CheckFailed(
            reason: "\(used._commandName): a server does not perform this command [forbidden]")
        }
        try await command.run()
        try Presentation.current.requireFields()
        return session.answer(0)
      } catch {
        let ending = Ending(error, of: used, request.arguments)
        if let text = ending.output { Output.write(text + "\n") }
        session.tell(ending.error)
        return session.answer(ending.status)
      }
    }
  }
}
