import LedgerCrypto
public import LedgerDomain
import LedgerEvents

extension Tokens {
  /// Records that a token was found in a public place, and stops it: an access token alone, a refresh token with its family.
  /// A report that is recorded already appends nothing when it comes again, since whoever has a signed one can send it any
  /// number of times.
  ///
  /// ```swift
  /// let outcome = try await ledger.tokens.reportLeak(leaked, reporter: "scan", source: "file", location: "notes.txt")
  /// ```
  ///
  /// - Parameters:
  ///   - presented: the text as it was found.
  ///   - reporter: who found it: the identifier of the key that signed the report, or `scan`.
  ///   - source: what kind of place it was found in, in the reporter's words.
  ///   - location: where: an address or the name of a file. At most 1,000 characters of each are recorded.
  /// - Returns: whether it is a token of this ledger, and whether this stopped it.
  /// - Throws: what every command may throw. A text that is no token of the ledger is no error.
  @discardableResult
  public func reportLeak(
    _ presented: String, reporter: String, source: String, location: String, context: RequestContext = .none
  ) async throws(LedgerError) -> ReportLeak.Outcome {
    guard let token = try ledger.tokenFormat.read(ledger.opaque(presented))?.token else { return .unknown }
    let report = ReportLeak(
      token: token.handle, digest: token.digest, reporter: reporter, source: source, location: location)
    // A request with an idempotency key has the answer that it had.
    if context.idempotencyKey == nil, try await isRecorded(report, of: presented) { return .recorded(stopped: false) }
    return try await ledger.submit(
      report, asked: .reportLeak(presented, reporter: reporter, source: source, location: location), by: .ledger,
      context: context)
  }

  /// Whether a report is in the log, and so has stopped its token: tokens stay stopped. What is in an archive that is not
  /// available does not count.
  private func isRecorded(_ report: ReportLeak, of presented: String) async throws(LedgerError) -> Bool {
    guard try handle(of: presented) == report.token else { return false }
    let filter = Audit.Filter.token(report.token).and(.type(.tokenLeakReported))
    var place: Position?
    repeat {
      let page = try await ledger.audit.search(filter, after: place, limit: 1_000)
      for entry in page.entries {
        if case .tokenLeakReported(let event) = entry.event, report.isTold(by: event) { return true }
      }
      place = page.next
    } while place != nil
    return false
  }
}
