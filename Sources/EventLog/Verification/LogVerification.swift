import LMDB
package import LedgerCrypto
package import TransparencyLog

/// What a full verification found sound.
package struct LogVerification: Sendable {
  /// How many events were verified: all there were when it began.
  package let size: PositionNumber
  /// The root of the tree over them, rebuilt from the records.
  package let root: Digest
  /// How many signed checkpoints agreed with it.
  package let checkpointCount: Int
  /// The positions whose records are in an archive and no longer in the live file. Where the archive was at hand they were
  /// read from it; otherwise the tree's own hashes of them were taken.
  package let archived: PositionSet
}

extension EventLog {
  /// Verifies that the file is built as it must be, so that what a reader looks up is what a scan meets: see
  /// ``Environment/checkStructure(of:)``. To be called before anything goes through whole tables: on a page that is not
  /// what it must be, LMDB ends the process.
  ///
  /// - Throws: ``LogError/Code/storage`` with the page that is damaged.
  package func verifyStructure() throws(LogError) {
    try stored { () throws(LMDBError) in try environment.checkStructure() }
  }

  /// Verifies the whole log against itself: that no position is missing, each record matches its check, the time never
  /// runs backwards, every stored tile is what the records hash to, and every checkpoint says what the rebuilt tree says.
  /// Where a record is in an archive that is not available, its hash in the tree stands for it.
  /// A log rewritten whole passes: that shows only against a checkpoint kept elsewhere.
  ///
  /// Reads while others write, up to the head at the beginning, in snapshots of some ten thousand records each. Blocks, for
  /// about a second for every million events: call it on a thread for reading.
  ///
  /// - Parameters:
  ///   - inspect: gets each header and the whole record that is at hand, valid during the call, before the checkpoint over
  ///     them is looked at.
  ///   - checkSignature: throws if a checkpoint's note is not signed as it should be.
  ///   - progress: is told from time to time how many events were verified, and of how many; may throw to give up.
  /// - Throws: ``LogError/Code/damagedRecord`` or ``LogError/Code/inconsistentTree`` with the first position that is
  ///   wrong; ``LogError/Code/storage``; what the closures throw.
  package func verify(
    inspect: (RecordHeader, RawSpan) throws(LogError) -> Void = { _, _ in },
    checkSignature: (SignedNote) throws(LogError) -> Void,
    progress: (_ verified: PositionNumber, _ size: PositionNumber) throws(LogError) -> Void = { _, _ in }
  ) throws(LogError) -> LogVerification {
    var verifier = try LogVerifier(origin: origin, beginningWith: snapshot())
    while verifier.edge.size < verifier.size {
      try verifier.verifyRecords(of: snapshot(), inspect, checkSignature)
      try progress(verifier.edge.size, verifier.size)
    }
    try verifier.verifyEnd(of: snapshot())
    return LogVerification(
      size: verifier.size, root: verifier.edge.root(), checkpointCount: verifier.checkpointCount,
      archived: verifier.archived)
  }
}
