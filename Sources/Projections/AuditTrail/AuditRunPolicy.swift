/// How the audit trail's runs are built and merged. It shows in speed and space, never in an answer.
package struct AuditRunPolicy: Sendable {
  /// How many positions a run of the basic size covers: up to so many are answered from the records' headers.
  package var baseSize: UInt64
  /// How many runs of a tier become one of the next.
  package var fanOut: Int
  /// Up to how many positions a run is built straight from the log, when so many are there at once. Their entries are
  /// sorted in memory, which takes some 120 bytes for each position.
  package var bulkSize: UInt64
  /// How many bytes of blocks, or of blocks deleted, share a commit with events at most.
  package var pieceByteCount: Int

  /// A policy; the defaults suit ledgers of any size.
  package init(
    baseSize: UInt64 = 1_024, fanOut: Int = 16, bulkSize: UInt64 = 262_144, pieceByteCount: Int = 65_536
  ) {
    precondition(baseSize > 0 && fanOut > 1 && pieceByteCount >= AuditBlock.maximumByteCount)
    self.baseSize = baseSize
    self.fanOut = fanOut
    self.bulkSize = bulkSize
    self.pieceByteCount = pieceByteCount
  }
}
