import EventLog
import LMDB

/// Packs the entries of one run, which come in order, into its blocks.
struct AuditBlockWriter: Sendable {
  /// A block that is complete.
  struct Block: Sendable {
    let key: AuditBlockKey
    let end: AuditIndexEntry
    /// The encoded entries.
    let entries: [UInt8]

    var byteCount: Int { AuditIndexEntry.byteCount + entries.count }

    /// Adds the block to a table whose last key comes before.
    func append(to table: AuditTables.Blocks, in transaction: inout WriteTransaction) throws(LMDBError) {
      try table.append(key, byteCount: byteCount, in: &transaction) { output in
        end.encode(into: &output)
        unsafe output.append(entries.span.bytes)
      }
    }
  }

  private let first: PositionNumber
  private var key: AuditBlockKey
  private var last = AuditIndexEntry.least
  private var entries: [UInt8] = []
  /// Complete blocks that were not taken yet, and their size.
  private var blocks: [Block] = []
  private(set) var waitingByteCount = 0
  /// All complete blocks so far, and their size.
  private(set) var blockCount: UInt64 = 0
  private(set) var byteCount: UInt64 = 0

  /// - Parameters:
  ///   - run: the number of the run.
  ///   - first: its first position.
  init(run: UInt64, first: PositionNumber) {
    self.first = first
    key = AuditBlockKey(run: run, start: .least)
  }

  /// Adds an entry that comes after all before.
  mutating func append(_ entry: AuditIndexEntry) {
    if AuditIndexEntry.byteCount + entries.count + AuditBlock.maximumEntryByteCount > AuditBlock.maximumByteCount {
      completeBlock(endingAt: entry)
    }
    let step = entry.term.number &- last.term.number
    if entries.isEmpty || entry.term.category != last.term.category || step >= 1 << 63 {
      entries += [1, UInt8(entry.term.category >> 8), UInt8(entry.term.category & 0xFF)]
      entries.append(varint: entry.term.number)
      entries.append(varint: entry.position - first)
    } else if step > 0 {
      entries.append(varint: step << 1 | 1)
      entries.append(varint: entry.position - first)
    } else {
      entries.append(varint: (entry.position - last.position) << 1)
    }
    last = entry
  }

  /// Completes the last block: no entry comes after.
  mutating func finish() { completeBlock(endingAt: .greatest) }

  /// Takes the complete blocks away.
  mutating func take() -> [Block] {
    defer {
      blocks = []
      waitingByteCount = 0
    }
    return blocks
  }

  private mutating func completeBlock(endingAt end: AuditIndexEntry) {
    let block = Block(key: key, end: end, entries: entries)
    blocks.append(block)
    blockCount += 1
    byteCount += UInt64(block.byteCount)
    waitingByteCount += block.byteCount
    key.start = end
    entries.removeAll(keepingCapacity: true)
  }
}
