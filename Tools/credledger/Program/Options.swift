public import ArgumentParser
public import CredentialLedger
import Glibc

/// Which ledger a subcommand works on.
struct LedgerOptions: ParsableArguments {
  @Option(name: .customLong("ledger"), help: "The ledger's folder; without it CREDLEDGER_DIR names it.")
  var folder: String?

  @Option(
    help: ArgumentHelp(
      "A file on another device that keeps the newest checkpoint; without it CREDLEDGER_WITNESS_FILE names it, if any.",
      discussion:
        "A ledger that is behind the file, or contradicts it, is not opened. What writes brings it up to date.",
      valueName: "file"))
  var witnessFile: String?

  /// The folder that is named, if any.
  var namedFolder: String? { folder ?? Self.environment("CREDLEDGER_DIR") }

  /// How the ledger is opened.
  var configuration: LedgerConfiguration {
    LedgerConfiguration(witnessFile: witnessFile ?? Self.environment("CREDLEDGER_WITNESS_FILE"))
  }

  private static func environment(_ name: String) -> String? {
    guard let value = unsafe getenv(name) else { return nil }
    return unsafe String(cString: value)
  }

  /// The folder, which must be named.
  func requireFolder() throws -> String {
    guard let folder = namedFolder, !folder.isEmpty else {
      throw ValidationError("Name the ledger by --ledger DIR, or set CREDLEDGER_DIR.")
    }
    return folder
  }
}

/// How results are printed.
enum OutputFormat: String, ExpressibleByArgument, CaseIterable {
  case table
  case json
  case ndjson
}

struct FormatOptions: ParsableArguments {
  @Option(help: "How to print: table for people, json or ndjson for programs.")
  var format = OutputFormat.table
}

/// Objects are named as they are printed, such as `account:12`, or by the number alone.
extension ObjectID: ExpressibleByArgument {}

/// What an event concerns goes by kind and number, as `group:5`.
extension Subject: ExpressibleByArgument {}

/// Permissions go by their names, such as `text-message`.
extension Permission: ExpressibleByArgument {}
