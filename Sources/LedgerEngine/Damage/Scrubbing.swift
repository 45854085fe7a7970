import EventLog
import Projections
import Synchronization

extension Ledger {
  /// The tables that were found damaged: rows of them are missing, or of another moment. Nothing is answered from them, and
  /// what needs them throws `damaged`, until a rebuild has made them anew. To be watched in a server.
  ///
  /// ```swift
  /// let damaged = try ledger.damagedTables
  /// ```
  public var damagedTables: [String] {
    get throws(LedgerError) {
      try logged { () throws(LogError) in
        try log.participant.damagedTables(in: log.snapshot().transaction).names
      }
    }
  }

  /// Holds the rows that decide access against the sums kept of them, once and as fast as it goes, as ``ScrubPolicy`` says
  /// when it is done by itself.
  ///
  /// ```swift
  /// let found = try await ledger.scrub()
  /// ```
  ///
  /// - Returns: the tables that are damaged, as ``damagedTables``.
  /// - Throws: `closed`, `storage`.
  @discardableResult
  public func scrub() async throws(LedgerError) -> [String] {
    do { return try await scrubber.scrub().names } catch { throw LedgerError(error) }
  }
}
