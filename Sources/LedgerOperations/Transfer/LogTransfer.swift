import EventLog
import LMDB
import LedgerCrypto

/// The destination of the records that are read from an archive or an export: a new log, or none, where they are only checked.
protocol LogTransfer: ~Copyable {
  /// How many records came.
  var size: UInt64 { get }
  /// The root of the tree over them.
  var root: Digest { get }

  /// Takes the next record.
  ///
  /// - Throws: ``LogError/Code/damagedRecord`` where it is not that of the next position; ``LogError/Code/storage``.
  mutating func append(_ record: [UInt8]) throws(LogError) -> RecordHeader

  /// Takes a signed checkpoint over all records so far, which was checked.
  mutating func keep(checkpoint note: String) throws(LogError)
}

extension LogImport: LogTransfer {}

/// No destination: the records are only checked to follow each other.
struct CheckedRecords: LogTransfer {
  private var chain: RecordChain

  /// - Parameter chain: what comes before.
  init(after chain: RecordChain = RecordChain()) { self.chain = chain }

  var size: UInt64 { chain.size }
  var root: Digest { chain.edge.root() }

  mutating func append(_ record: [UInt8]) throws(LogError) -> RecordHeader {
    unsafe try chain.append(record.span.bytes)
  }

  mutating func keep(checkpoint note: String) {}
}
