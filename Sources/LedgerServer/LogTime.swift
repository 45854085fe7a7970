import CredentialLedger
import HTTPSupport

/// The time of log lines: UTC, to the millisecond (RFC 3339).
enum LogTime {
  static var now: String { Timestamp(milliseconds: LedgerConfiguration.systemClock()).description }
}

extension LogOutput {
  /// A JSON object of texts.
  static func object(_ members: [(String, String)]) -> [UInt8] {
    JSONValue.object(members.map { ($0.0, .string($0.1)) }).bytes
  }
}
