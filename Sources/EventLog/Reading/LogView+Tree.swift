package import LedgerCrypto
package import TransparencyLog

/// The Merkle tree over the records of a view. Each call reads a few tiles of each level, which may be cold pages: in a
/// server, on a thread for reading.
extension LogView where Reading: ~Copyable {
  /// The root of the tree as it was when the log had `size` events; nil if it never had.
  ///
  /// - Throws: ``LogError/Code/inconsistentTree`` where a tile is missing, ``LogError/Code/storage``. So do the proofs.
  package func root(at size: UInt64) throws(LogError) -> Digest? {
    try tree().root(at: size)
  }

  /// Proves that an event is in the log as it was when it had `size` events.
  ///
  /// - Returns: the proof, whose leaf index is one less than `position`; nil if `position` is 0 or above `size`, or `size`
  ///   above the head.
  package func inclusionProof(of position: PositionNumber, at size: UInt64) throws(LogError) -> InclusionProof? {
    guard position > 0 else { return nil }
    return try tree().inclusionProof(of: position - 1, at: size)
  }

  /// Proves that the log was only appended to between two sizes.
  ///
  /// - Returns: the proof; nil if `oldSize` is above `newSize`, or that above the head.
  package func consistencyProof(from oldSize: UInt64, to newSize: UInt64) throws(LogError) -> ConsistencyProof? {
    try tree().consistencyProof(from: oldSize, to: newSize)
  }

  /// Refuses a log that is not the one a checkpoint speaks of, or a later state of it.
  ///
  /// - Parameter checkpoint: from elsewhere; its origin and signatures were checked.
  /// - Throws: ``LogError/Code/behindCheckpoint`` where the log has fewer events, ``LogError/Code/contradictsCheckpoint``
  ///   where it had another root at that size; as the proofs.
  package func requireExtension(of checkpoint: Checkpoint) throws(LogError) {
    let size = try head()
    guard checkpoint.size <= size else { throw LogError.behind(checkpoint.size, size: size) }
    guard try root(at: checkpoint.size) == checkpoint.root else { throw LogError.contradicting(checkpoint.size) }
  }

  /// Refuses a root that does not agree with the newest checkpoint that was signed: one of the two trees must be proven to
  /// be the beginning of the other. To be asked before anything is signed, and before a proof leaves the ledger: somebody who
  /// can write the data file, and has no key, can change a record together with all that is computed from it.
  ///
  /// Agrees where nothing was signed yet. Reads a few tiles, and checks a signature.
  ///
  /// - Parameters:
  ///   - size: number of events under the root; at most those in the log.
  ///   - read: reads the checkpoint, and checks its signature.
  /// - Throws: ``LogError/Code/inconsistentTree`` where they do not agree; what `read` throws; as the proofs.
  package func requireAgreement(
    of size: PositionNumber, _ root: Digest, reading read: CheckpointReading
  ) throws(LogError) {
    guard let signed = try checkpoint(atOrBefore: .max) else { return }
    let newest = try read(signed.note)
    let isGrown = newest.size <= size
    let proof = try consistencyProof(from: min(size, newest.size), to: max(size, newest.size))
    guard newest.size == signed.size, let proof,
      proof.verify(oldRoot: isGrown ? newest.root : root, newRoot: isGrown ? root : newest.root)
    else {
      throw LogError(
        .inconsistentTree,
        "the tree of size \(size) does not agree with the signed checkpoint of size \(signed.size): something "
          + "was changed since; verify the ledger, and restore a backup", at: min(size, signed.size))
    }
  }

  /// The right edge of the tree as it was when the log had `size` events, from which a copy of what came later grows on;
  /// nil if it never had.
  package func edge(at size: UInt64) throws(LogError) -> MerkleEdge? {
    let head = try head()
    guard size <= head else { return nil }
    let tiles = TileStore(transaction.handle, tables)
    var rows: [[UInt8]] = []
    for level in 0..<TileCoordinate.levelCount {
      let reached = TileCoordinate.subtreeCount(level: level, size: size)
      let tile = TileCoordinate(level: level, index: reached / UInt64(TileCoordinate.width))
      var row: [UInt8] = []
      if !reached.isMultiple(of: UInt64(TileCoordinate.width)) {
        let hashes = try tiles.hashes(of: tile, count: tile.hashCount(size: head))
        for place in 0..<Int(reached % UInt64(TileCoordinate.width)) { hashes[place].append(to: &row) }
      }
      rows.append(row)
    }
    do { return try MerkleEdge(size: size, rows: rows) } catch {
      throw LogError(.inconsistentTree, error.description, at: size)
    }
  }

  /// The tree over all records of this view. To be used while the view lives: it reads in its transaction.
  package func tree() throws(LogError) -> MerkleTree<TileStore> {
    MerkleTree(size: try head(), source: TileStore(transaction.handle, tables))
  }
}

extension LogError {
  /// The log ends before what a checkpoint covers.
  package static func behind(_ covered: PositionNumber, size: PositionNumber) -> LogError {
    LogError(
      .behindCheckpoint,
      "a checkpoint kept elsewhere has the size \(covered), but the ledger has the size \(size): its tail is missing, or this is an "
        + "old copy", at: size)
  }

  /// The log had another root at a checkpoint's size.
  package static func contradicting(_ size: PositionNumber) -> LogError {
    LogError(
      .contradictsCheckpoint,
      "the history was rewritten: up to position \(size) it is not what a checkpoint kept elsewhere was signed over",
      at: size)
  }
}
