import LMDB
package import TransparencyLog

/// Records as they follow each other in a log: each at its place, none missing, none older than the one before, and the
/// tree that they grow. For whatever carries a log from one place to another.
package struct RecordChain: Sendable {
  /// The right edge of the tree over the records so far.
  package private(set) var edge: MerkleEdge
  /// When the newest record was recorded; 0 before the first.
  package private(set) var lastTime: Milliseconds

  /// - Parameters:
  ///   - edge: the edge of the tree over what comes before; empty where nothing does.
  ///   - time: when the newest event before was recorded.
  package init(after edge: MerkleEdge = MerkleEdge(), lastTime: Milliseconds = 0) {
    self.edge = edge
    self.lastTime = lastTime
  }

  /// How many records there are.
  package var size: PositionNumber { edge.size }

  /// The levels of the edge whose rows have changed since this was last asked.
  package mutating func takeDirtyLevels() -> Range<Int> { edge.takeDirtyLevels() }

  /// Takes the next record.
  ///
  /// - Parameter completed: gets each tile that the record completes, and its hashes, valid during the call.
  /// - Returns: the record's header.
  /// - Throws: ``LogError/Code/damagedRecord`` where the bytes are no record of the next position, or are older than the
  ///   one before; what `completed` throws. The chain is of no use then.
  package mutating func append(
    _ record: RawSpan, completed: (TileCoordinate, RawSpan) throws(LogError) -> Void = { _, _ in }
  ) throws(LogError) -> RecordHeader {
    let position = size + 1
    guard record.byteCount <= RecordFormat.maximumByteCount else {
      throw LogError(
        .damagedRecord, "\(record.byteCount) bytes, where a record has at most \(RecordFormat.maximumByteCount)",
        at: position)
    }
    let header: RecordHeader
    do { header = try RecordHeader(parsing: record, at: position) } catch {
      throw error.code == .newerFormat
        ? error : LogError(.damagedRecord, "what stands here is not the record of position \(position)", at: position)
    }
    guard header.stamp.mayFollow(lastTime) else {
      throw LogError(.damagedRecord, "the record is older than the one before", at: position)
    }
    try edge.append(MerkleHash.leaf(record), completed: completed)
    lastTime = header.recordedAt
    return header
  }
}
