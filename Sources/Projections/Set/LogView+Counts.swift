package import EventLog
import LMDB
package import LedgerEvents

extension LogView where Reading: ~Copyable, Participant == ProjectionSet {
  /// How many events there are of each type, in the order of the types' numbers. A look-up for each type.
  ///
  /// - Throws: ``LogError/Code/damagedProjection``.
  package func eventCounts() throws(LogError) -> [(type: EventType, count: UInt64)] {
    let directory = try participant.current(in: transaction).directory
    var counts: [(type: EventType, count: UInt64)] = []
    var malformed: DirectoryKey?
    try stored { () throws(LMDBError) in
      try directory.rows.forEach(
        from: .number(.eventCount, 0), below: .number(.eventCount, .max), in: transaction
      ) { key, bytes in
        guard case .number(_, let number) = key, let type = UInt16(exactly: number), let count = UInt64(decoding: bytes)
        else {
          malformed = key
          return .stop
        }
        counts.append((EventType(rawValue: type), count))
        return .continue
      }
    }
    if let malformed { throw Directory.malformed(malformed) }
    let (counted, overflows) = counts.reduce((UInt64(0), false)) {
      let sum = $0.0.addingReportingOverflow($1.count)
      return (sum.partialValue, $0.1 || sum.overflow)
    }
    let head = try head()
    guard !overflows, counted <= head else {
      throw LogError(.damagedProjection, "the directory counts more events than there are; rebuild the projections")
    }
    if counted < head { counts.append((.tokenIssued, head - counted)) }
    return counts.sorted { $0.type.rawValue < $1.type.rawValue }
  }
}
