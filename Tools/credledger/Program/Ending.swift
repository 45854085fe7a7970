import ArgumentParser
import CredentialLedger

/// How the program ends that could not do what it was asked.
struct Ending {
  let status: Int32
  /// What the parser answers in place of doing something: help and version.
  var output: String?
  /// What standard error is told.
  var error = ""

  /// - Parameters:
  ///   - used: the command that was at work; the program's own where none was found.
  ///   - arguments: what it was given.
  init(_ failure: any Error, of used: any ParsableCommand.Type, _ arguments: some Sequence<String>) {
    switch failure {
    case let error as LedgerError:
      self.init(Self.describe(error), status: Self.status(of: error))
    case let failure as CheckFailed: self.init(failure.reason, status: 1)
    case let failure as CannotRead: self.init(failure.reason, status: 3)
    case let failure as OutputLost: self.init(failure.reason, status: 3)
    default: self.init(parsing: failure, of: used, Array(arguments))
    }
  }

  private init(_ reason: String, status: Int32) {
    self.status = status
    error = "error: \(reason.printable)\n"
  }

  /// Ends with what the parser says: help and version are no failures, whatever else is wrong usage.
  private init(parsing failure: any Error, of used: any ParsableCommand.Type, _ arguments: [String]) {
    guard CredLedger.exitCode(for: failure) != .success else {
      status = 0
      output = CredLedger.fullMessage(for: failure)
      return
    }
    status = 2
    // The parser knows the subcommand of its own errors; those of a subcommand at work are told here.
    let isAtWork = used != CredLedger.self
    let usage = CredLedger.usageString(for: used)
    let name = usage.split(separator: " ").prefix { !"[<-".contains($0.prefix(1)) }.joined(separator: " ")
    let help = "Usage: \(usage)\n  See '\(name) --help' for more information."
    let text = isAtWork ? "error: \(CredLedger.message(for: failure))\n\(help)" : CredLedger.fullMessage(for: failure)
    // In the form of all other errors; the parser quotes what it was given.
    let lines = (text.hasPrefix("Error: ") ? "error: \(text.dropFirst(7))" : text)
      .split(separator: "\n", omittingEmptySubsequences: false).map { String($0).printable }
    error = lines.joined(separator: "\n") + "\n"
    guard !isAtWork else { return }
    if let near = Suggestion.nearest(to: arguments) { error += "Did you mean '\(near)'?\n" }
    if let order = Suggestion.order(of: arguments) { error += "\(order.printable)\n" }
  }

  static func describe(_ error: LedgerError) -> String {
    // What is configured goes by the names that it has here.
    let option = error.field == "witnessFile" ? "--witness-file or CREDLEDGER_WITNESS_FILE: " : ""
    return "\(option)\(error.reason) [\(error.code)\(error.position.map { ", position \($0)" } ?? "")]"
  }

  private static func status(of error: LedgerError) -> Int32 {
    switch error.code {
    // What is not there could not be read: keys, and the folder of a copy.
    case .notFound where ["keys", "path", "archive"].contains(error.field): 3
    case .alreadyExists, .invalidValue, .notFound, .invalidEvidence, .witnessUnavailable, .witnessRefused,
      .foreignArchive, .archiveBehind, .keysBehind:
      1
    // Of the witness file they say that the ledger could not be opened.
    case .invalidCheckpoint, .behindCheckpoint, .contradictsCheckpoint: error.field == nil ? 1 : 3
    default: error.isRefusal ? 1 : 3
    }
  }
}
