import EventLog
import LMDB

/// Positions by name in a table of an environment.
struct PositionTable: Sendable {
  let environment: Environment
  let table: Table<BytesKey, RawBytes>
  /// Pages may be cold.
  let threads: ReaderThreads
  let writer: StoreWriter

  func position(_ name: String) async throws(MessagingError) -> UInt64? {
    let (environment, table) = (environment, table)
    return try await reading { () throws(LMDBError) -> UInt64? in
      try table.get(Array(name.utf8), in: try environment.beginRead())?.reduce(0) { $0 << 8 | UInt64($1) }
    }
  }

  func set(_ name: String, to position: UInt64) async throws(MessagingError) {
    let table = table
    try await writer.write { (transaction) throws(LMDBError) in
      try table.put(Array(name.utf8), position.bigEndianBytes, in: &transaction)
    }
  }

  func remove(_ name: String) async throws(MessagingError) {
    let table = table
    try await writer.write { (transaction) throws(LMDBError) in
      _ = try table.delete(Array(name.utf8), in: &transaction)
    }
  }

  func positions(beginning prefix: String) async throws(MessagingError) -> [(name: String, position: UInt64)] {
    let (environment, table) = (environment, table)
    return try await reading { () throws(LMDBError) -> [(name: String, position: UInt64)] in
      let read = try environment.beginRead()
      var found: [(name: String, position: UInt64)] = []
      try table.forEach(from: Array(prefix.utf8), in: read) { (key, bytes) throws(LMDBError) in
        let name = String(decoding: key, as: UTF8.self)
        guard name.hasPrefix(prefix) else { return .stop }
        found.append((name, Array(copying: bytes).reduce(0) { $0 << 8 | UInt64($1) }))
        return .continue
      }
      return found
    }
  }

  private func reading<Found: Sendable>(
    _ body: @escaping @Sendable () throws(LMDBError) -> Found
  ) async throws(MessagingError) -> Found {
    let result: Result<Found, LMDBError>
    do throws(LogError) {
      result = try await threads.run(.short) { () throws(LogError) in
        Result { () throws(LMDBError) in try body() }
      }
    } catch { throw .closed }
    return try messaging { () throws(LMDBError) in try result.get() }
  }
}
