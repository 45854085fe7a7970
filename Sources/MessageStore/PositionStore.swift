import EventLog
import LMDB

/// Positions in an LMDB environment of their own, for a server whose messages are in another backend than ``MessageStore``.
///
/// The folder holds numbers alone: nothing in it is secret or personal. With an older copy of it webhooks are told again of what
/// they were told since; without it of all messages that there are, and of the ledger's events from then on.
public final class PositionStore: FeedPositions {
  private let environment: Environment
  private let threads: ReaderThreads
  private let positions: PositionTable

  /// Opens the store in a folder; makes it where it is missing.
  ///
  /// - Parameter path: the folder; the folder above must exist. Private to its owner.
  /// - Throws: `unavailable` where another process has it open; `failed` for a damaged one.
  public init(at path: String) throws(MessagingError) {
    let environment: Environment
    let table: Table<BytesKey, RawBytes>
    do throws(LMDBError) {
      environment = try Environment(at: path, options: .init(mapSize: 1 << 24, maximumTables: 4))
      table = try environment.openTable(TableDefinition("positions"))
    } catch {
      throw MessagingError(
        error.code == .alreadyOpen || error.code == .lockedByAnotherProcess ? .unavailable : .failed, error.reason)
    }
    let threads = ReaderThreads(.init(threads: 2))
    self.environment = environment
    self.threads = threads
    positions = PositionTable(
      environment: environment, table: table, threads: threads, writer: StoreWriter(environment, threads))
  }

  /// Closes the store; what was kept is durable already.
  public func close() async {
    positions.writer.close()
    threads.stop()
    environment.close()
  }

  public func cursor(_ name: String) async throws(MessagingError) -> UInt64? { try await positions.position(name) }

  public func setCursor(_ name: String, to position: UInt64) async throws(MessagingError) {
    try await positions.set(name, to: position)
  }

  public func removeCursor(_ name: String) async throws(MessagingError) { try await positions.remove(name) }

  public func cursors(beginning prefix: String) async throws(MessagingError) -> [(name: String, position: UInt64)] {
    try await positions.positions(beginning: prefix)
  }
}
