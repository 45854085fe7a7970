import ArgumentParser
import CredentialLedger
import Glibc

/// Who makes a change or reads personal data, and why. Each command that does either has these.
struct OperatorOptions: ParsableArguments {
  @Option(
    name: .customLong("as"),
    help: ArgumentHelp(
      "The operator who makes the change or reads: an account such as account:5, or the exact name of an operator; without it CREDLEDGER_OPERATOR says, if set.",
      discussion: "Recorded with the event. Needed where the rules of the ledger require it.", valueName: "operator"))
  var name: String?
  @Option(help: "Why, at most 500 bytes; stays in the audit trail for good, so no personal data.") var reason: String?
  @Option(help: "What it goes back to elsewhere, such as HR-77, at most 100 bytes; stays for good.") var ticket: String?

  /// What goes into the records of the change.
  ///
  /// - Parameter isReasonOfEvent: whether the event has the reason, so that the record need not say it again.
  func context(in ledger: Ledger, isReasonOfEvent: Bool = false) async throws -> RequestContext {
    var context = RequestContext(reason: isReasonOfEvent ? nil : reason, ticket: ticket)
    guard let session = DoorSession.current else {
      if let name = given { context.namedOperator = try await ledger.operators.find(name) }
      return context
    }
    context.requestID = session.sender.requestID
    if session.sender.isProven {
      // The holder of a token acts as that operator, and as nobody else.
      let proven = try await ledger.operators.find(session.sender.user)
      if let name = name ?? session.request.operatorName, try await ledger.operators.find(name) != proven {
        throw CheckFailed(reason: "--as: the token is another operator's [forbidden]")
      }
      context.namedOperator = proven
    } else if let name = name ?? session.request.operatorName {
      context.namedOperator = try await ledger.operators.find(name)
    } else {
      // The user of the system who sent it, where an operator goes by that name. The request's ID has it in any case.
      do throws(LedgerError) { context.namedOperator = try await ledger.operators.find(session.sender.user) } catch {
        guard error.isRefusal else { throw error }
      }
    }
    return context
  }

  /// The operator who is named, by the option or by the environment.
  var given: String? { name ?? Self.named }

  /// The operator whom the environment names.
  static var named: String? {
    guard let value = unsafe getenv("CREDLEDGER_OPERATOR") else { return nil }
    let text = unsafe String(cString: value)
    return text.isEmpty ? nil : text
  }

  /// The reason, of a command that cannot do without.
  func requiredReason() throws -> String {
    guard let reason else { throw ValidationError("Missing expected argument '--reason <reason>'") }
    return reason
  }
}

extension LedgerOptions {
  /// Opens the ledger for writing, lets an operator change something, and closes it again.
  @discardableResult
  func writing<Result: Sendable>(
    _ by: OperatorOptions, _ body: (Ledger, RequestContext) async throws -> Result
  ) async throws -> Result {
    try await writing { ledger in try await body(ledger, try await by.context(in: ledger)) }
  }

  /// The same, and tells whether anything was appended.
  func changing(
    _ target: some CustomStringConvertible, _ by: OperatorOptions, isReasonOfEvent: Bool = false,
    _ body: (Ledger, RequestContext) async throws -> Void
  ) async throws -> Change {
    let isNew = try await writing { ledger in
      let context = try await by.context(in: ledger, isReasonOfEvent: isReasonOfEvent)
      let head = try ledger.head()
      try await body(ledger, context)
      guard let session = DoorSession.current else { return try ledger.head() > head }
      // The server records other things meanwhile.
      return try await session.hasAppended(after: head)
    }
    return Change(target: "\(target)", isNew: isNew)
  }
}

/// Showing personal data, which is recorded before.
struct RevealOptions: ParsableArguments {
  @Flag(
    help: ArgumentHelp(
      "Show personal data.",
      discussion: "Opens the ledger for writing, and records whose data is shown, for which command, by whom and why."))
  var reveal = false
  @OptionGroup(title: "Who and why") var by: OperatorOptions

  /// Leave to show some people's data; nil where it was not asked for.
  func disclosure(
    of whose: @autoclosure () throws -> Disclosure.Whose, for command: String, in ledger: Ledger
  ) async throws -> Disclosure? {
    guard reveal else { return nil }
    return try await ledger.disclose(
      try whose(), for: command, by: Requester.operator, context: try await by.context(in: ledger))
  }
}

extension LedgerOptions {
  /// Opens the ledger, for writing where personal data is to be shown, and closes it again.
  func reading<Result: Sendable>(
    _ options: RevealOptions, _ body: (Ledger) async throws -> Result
  ) async throws -> Result {
    options.reveal ? try await writing(body) : try await reading(body)
  }

  /// Records, where it was asked for, that anybody's data may be shown, and opens the ledger for reading: for what goes on for
  /// long, while others write.
  func reading<Result: Sendable>(
    _ options: RevealOptions, anybodyFor command: String, _ body: (Ledger, Disclosure?) async throws -> Result
  ) async throws -> Result {
    let disclosure =
      options.reveal
      ? try await writing { try await options.disclosure(of: .everybody, for: command, in: $0) } : nil
    return try await reading { try await body($0, disclosure) }
  }
}
