import CredentialLedger
import Glibc
import LedgerServer
import Synchronization

/// A command of another process while this one performs it, on the ledger that it has open.
///
/// What the command prints is kept for the sender, what it reads came with it, and no file is opened for it: the rights of
/// this process are not the sender's.
final class DoorSession: Sendable {
  /// The one whose command the present task performs.
  @TaskLocal static var current: DoorSession?

  let ledger: Ledger
  let request: OperatorRequest
  let sender: OperatorSender
  /// How the command was told to print.
  let presentation = Presentation()
  private let printed = Mutex(Printed())

  private struct Printed {
    var output = ""
    var error = ""
    var shownOnce: String?
  }

  init(_ ledger: Ledger, _ request: OperatorRequest, from sender: OperatorSender) {
    self.ledger = ledger
    self.request = request
    self.sender = sender
  }

  /// Takes what goes to standard output.
  func print(_ text: String) { printed.withLock { $0.output += text } }

  /// Takes what goes to standard error.
  func tell(_ text: String) { printed.withLock { $0.error += text } }

  /// Notes what nobody can ask for again.
  func noteShownOnce(_ text: String) { printed.withLock { $0.shownOnce = text } }

  /// The answer of a command that has ended.
  func answer(_ status: Int32) -> OperatorAnswer {
    printed.withLock { printed in
      defer { printed = Printed() }
      return OperatorAnswer(
        status: status, output: printed.output, error: printed.error, shownOnce: printed.shownOnce)
    }
  }

  /// The content of a file that the sender's arguments name, or of its standard input.
  func input(_ name: String) throws -> [UInt8] {
    guard let content = request.inputs[name] else {
      throw CannotRead(reason: "\(name == "-" ? "standard input" : name) did not come with the command")
    }
    return content
  }

  /// The archive that this process has been given for the ledger. A folder that the sender names is none to read from.
  ///
  /// - Parameter named: what the sender's arguments say, which may be the same folder by its full name.
  func archive(named: String?) throws -> String {
    guard let archive = ledger.configuration.archive else {
      throw CheckFailed(
        reason:
          "--archive: the server has been given no archive; start it with --archive, or stop it for this [forbidden]")
    }
    guard named.map({ canonical($0) == canonical(archive) }) ?? true else {
      throw CheckFailed(
        reason: "--archive: the server keeps to the archive that it was started with; leave the option out [forbidden]")
    }
    return archive
  }

  private func canonical(_ path: String) -> String {
    guard path.hasPrefix("/"), let resolved = unsafe realpath(path, nil) else { return path }
    defer { unsafe free(resolved) }
    return unsafe String(cString: resolved)
  }

  /// Whether the command has appended anything so far.
  ///
  /// - Parameter head: the newest position before it began.
  func hasAppended(after head: Position) async throws -> Bool {
    var position = head
    while true {
      let page = try await ledger.audit.search(
        .request(sender.requestID), order: .oldestFirst, after: position, limit: 1)
      if !page.entries.isEmpty { return true }
      guard let next = page.next, next > position else { return false }
      position = next
    }
  }

  /// Refuses what a command does that this process must not do for another.
  static func requireNone(_ what: String) throws {
    guard current == nil else {
      throw CheckFailed(reason: "\(what), which a server does not do for another process [forbidden]")
    }
  }
}
