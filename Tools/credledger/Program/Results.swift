import ArgumentParser
import CredentialLedger
import Glibc

extension Output {
  /// Has what is shown this once on the device; gives it to standard error where standard output does not take it.
  static func syncOnce(_ text: String) throws(OutputLost) {
    do throws(OutputLost) { try sync() } catch {
      credledger.write("note: what standard output did not take, and is shown this once:\n\(text)\n", to: STDERR_FILENO)
      throw error
    }
  }
}

extension FormatOptions {
  /// Prints what is shown this once, such as a new secret. Where standard output does not take it, standard error gets it:
  /// the command is done, and nobody could ask for it again.
  func showOnce(_ value: JSON, _ lines: [String]) throws {
    format.show(value, lines)
    if let session = DoorSession.current {
      // The process that sent the command shows it, and sees whether it was taken.
      session.noteShownOnce(format.text(value) ?? lines.map(\.printable).joined(separator: "\n"))
    }
    try Output.syncOnce(format.text(value) ?? lines.map(\.printable).joined(separator: "\n"))
  }

  /// Runs a check. Where it fails, programs are told on standard output as well: why, and at which position.
  func checking(_ body: () async throws -> Void) async throws {
    do { try await body() } catch {
      if let value = Self.failure(error), let text = format.text(value) { print(text) }
      throw error
    }
  }

  private static func failure(_ error: any Error) -> JSON? {
    let (reason, code, position): (String, LedgerError.Code?, Position?)
    switch error {
    case let error as LedgerError: (reason, code, position) = (error.reason, error.code, error.position)
    case let error as CheckFailed where !error.isTold:
      (reason, code, position) = (error.reason, error.code, error.position)
    case let error as CannotRead: (reason, code, position) = (error.reason, .storage, nil)
    default: return nil
    }
    var members: [(String, JSON)] = [("sound", .bool(false))]
    if let code { members.append(("code", .string("\(code)"))) }
    members.append(("reason", .string(reason)))
    if let position { members.append(("position", .number(position.rawValue))) }
    return .object(members)
  }
}

/// How many there are of something, in words: `1 event`, `2 events`.
func count(_ number: some BinaryInteger, _ one: String) -> String { "\(number) \(one)\(number == 1 ? "" : "s")" }

/// The same of events.
func events(_ number: some BinaryInteger) -> String { count(number, "event") }

/// What is said of a copy that came with too few keys.
func missingKeys(_ number: UInt64) -> String {
  (number == 1 ? "the key of 1 person or webhook is" : "the keys of \(number) persons or webhooks are")
    + " missing: what \(number == 1 ? "it" : "they") opened stays closed"
}

/// What a command that changes something did.
struct Change {
  /// What it was done to, such as `group:4`.
  let target: String
  /// False where everything was as it should be already; nothing was appended then.
  let isNew: Bool

  /// Prints it.
  ///
  /// - Parameter done: what has happened to it, such as "is renamed".
  func show(_ format: OutputFormat, _ done: String) {
    if !Presentation.isQuiet { format.show(json, [line(done)]) }
  }

  fileprivate var json: JSON { .object([("target", .string(target)), ("changed", .bool(isNew))]) }

  fileprivate func line(_ done: String) -> String {
    isNew ? "\(target) \(done)" : "\(target): nothing was to be done"
  }
}

extension [Change] {
  /// Prints what was done to several at once, as a list.
  func show(_ format: OutputFormat, _ done: String) {
    guard !Presentation.isQuiet else { return }
    if format == .table { for change in self { print(change.line(done)) } } else { format.show(map(\.json), [], []) }
  }
}

/// For what cannot be undone.
struct ConfirmationOptions: ParsableArguments {
  @Flag(help: "Do not ask.") var yes = false

  /// Asks for the number of what is about to go, unless told not to.
  func require<Kind>(_ id: ObjectID<Kind>, _ question: String) throws {
    guard !yes, DoorSession.current?.request.isConfirmed != true else { return }
    guard isatty(STDIN_FILENO) == 1 else { throw ValidationError("Without a terminal to ask on, --yes is needed.") }
    write("\(question) Type its number:\n", to: STDERR_FILENO)
    guard readLine().flatMap({ ObjectID<Kind>($0) }) == id else { throw CheckFailed(reason: "nothing was done") }
  }
}
