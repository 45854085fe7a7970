import EventLog
import LMDB
package import LedgerDomain
import LedgerEvents

extension Directory {
  /// The corrections of the clock, oldest first.
  func clockCorrections(in transaction: borrowing some Transaction & ~Copyable) throws(LogError) -> ClockCorrections {
    var clock = ClockCorrections()
    var malformed: DirectoryKey?
    try stored { () throws(LMDBError) in
      try rows.forEach(
        from: .number(.clockCorrection, 0), below: .number(.clockCorrection, .max), in: transaction
      ) { key, bytes in
        guard let correction = ClockCorrection(decoding: bytes) else {
          malformed = key
          return .stop
        }
        clock.append(correction)
        return .continue
      }
    }
    if let malformed { throw Self.malformed(malformed) }
    return clock
  }
}

extension ClockCorrection: Row {
  func encode(to writer: inout RowWriter) {
    writer.position(position)
    writer.time(to)
    writer.position(first)
    writer.number(UInt64(bitPattern: ahead))
  }

  init?(from reader: inout RowReader) {
    guard let position = reader.position(), let to = reader.time(), let first = reader.position(),
      let ahead = reader.number()
    else { return nil }
    self.init(position: position, to: to, first: first, ahead: Int64(bitPattern: ahead))
  }
}
