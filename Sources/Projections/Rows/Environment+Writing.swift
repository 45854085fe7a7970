import EventLog
import LMDB

extension Environment {
  /// Runs `body` in a write transaction and commits it, unless something is thrown.
  func write<Result>(_ body: (inout WriteTransaction) throws(LogError) -> Result) throws(LogError) -> Result {
    var transaction = try stored { () throws(LMDBError) in try beginWrite() }
    let result = try body(&transaction)
    do throws(LMDBError) { try transaction.commit() } catch { throw LogError(error) }
    return result
  }
}
