import EventLog
import LMDB
import LedgerEvents

// How many events there are of each type.
extension Directory {
  /// Counts an event. Access tokens are not counted: they are what is left of all events, so that the most frequent of all
  /// changes no row, and a state of the past need not read it.
  func count(_ header: RecordHeader, _ transaction: inout WriteTransaction) throws(LogError) {
    guard header.type != EventType.tokenIssued.rawValue else { return }
    let key = DirectoryKey.number(.eventCount, UInt64(header.type))
    let count = try row(UInt64.self, at: key, in: transaction) ?? 0
    try put(count &+ 1, at: key, in: &transaction)
  }
}
