import LMDB

/// The last time that the clock was set back: what is noted as recorded before, and yet later, was recorded by then.
///
/// Kept in the log's meta table; where it is missing, as in a log that was carried over, idempotency keys are remembered for
/// longer than they need be.
struct LastClockCorrection: Sendable {
  /// The position of the event; 0 where the clock was never set back.
  var position: PositionNumber = 0
  /// The time from which recorded time continued.
  var time: Milliseconds = 0

  init(position: PositionNumber = 0, time: Milliseconds = 0) {
    self.position = position
    self.time = time
  }

  init<Reading: Transaction & ~Copyable, Participant>(
    of view: borrowing LogView<Reading, Participant>
  ) throws(LogError) {
    let bytes = try stored { () throws(LMDBError) in
      try view.tables.meta.get(LogTables.clockCorrection, in: view.transaction)
    }
    guard let bytes, bytes.count == 16 else { return }
    func number(_ bytes: ArraySlice<UInt8>) -> UInt64 { bytes.reversed().reduce(0) { $0 << 8 | UInt64($1) } }
    position = number(bytes[..<8])
    time = Milliseconds(bitPattern: number(bytes[8...]))
  }

  /// By when at the latest something was recorded.
  func time(_ recordedAt: Milliseconds, at position: PositionNumber) -> Milliseconds {
    position < self.position ? min(recordedAt, time) : recordedAt
  }

  func store(in tables: LogTables, _ transaction: inout WriteTransaction) throws(LogError) {
    var bytes: [UInt8] = []
    for number in [position, UInt64(bitPattern: time)] {
      for shift in 0..<8 { bytes.append(UInt8(truncatingIfNeeded: number >> UInt64(8 * shift))) }
    }
    let row = bytes
    try stored { () throws(LMDBError) in
      try tables.meta.put(LogTables.clockCorrection, row, in: &transaction)
    }
  }
}
