public import LedgerDomain

/// Hears how commands and validations end: for the metrics and traces of a program that embeds a ledger. `LedgerInstruments` of
/// the product `LedgerServices` is one.
///
/// It is called where its caller waits, so it answers at once.
public protocol LedgerObserver: AnyObject, Sendable {
  /// A command that came to the writer was performed, or was not. Called in the task that asked for it.
  ///
  /// - Parameters:
  ///   - command: its name, such as `IssueAccessToken`.
  ///   - failure: what it was refused for, or failed with; nil where it was performed.
  ///   - duration: until its events were durable, the wait for the writer included.
  func performed(_ command: String, failure: LedgerError.Code?, in duration: Duration)

  /// An access token was validated, on this thread. A validation takes a microsecond or two, so this should take no longer.
  ///
  /// - Parameter outcome: the verdict, or why the state could not be read.
  func validated(_ outcome: Result<Verdict, LedgerError>)
}
