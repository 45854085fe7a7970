import EventLog
public import LedgerCrypto
import TransparencyLog

/// What a verification of the newest events found.
public struct VerificationSince: Sendable {
  /// How many events the checkpoint covers that it continued from.
  public let since: UInt64
  /// How many events there are now.
  public let events: UInt64
  /// The root of the tree over them.
  public let root: Digest
  /// How many signed checkpoints agreed among those made since.
  public let checkpoints: Int
}

extension Integrity {
  /// Verifies what was recorded since a checkpoint: that the ledger extends it, each later record against its hash, the tree
  /// over all, and every checkpoint signed since. Costs the new events, and a few tiles.
  ///
  /// What the checkpoint covers is not read again: somebody who changes a record there is found by ``verify(verifierKeys:progress:)``,
  /// and so is a difference between the projections and the log.
  ///
  /// ```swift
  /// let report = try await ledger.integrity.verify(since: note)
  /// ```
  ///
  /// - Parameters:
  ///   - checkpoint: a signed checkpoint of this ledger.
  ///   - progress: is called with how many of the new events are done, of how many.
  /// - Throws: `damaged` with the first position that is wrong; `archived` where a record is in an archive that is not available;
  ///   `behind_checkpoint`, `contradicts_checkpoint`, `invalid_checkpoint`.
  public func verify(
    since checkpoint: String, progress: @escaping @Sendable (_ done: UInt64, _ of: UInt64) -> Void = { _, _ in }
  ) async throws(LedgerError) -> VerificationSince {
    let known = try KnownCheckpoint(checkpoint, of: ledger)
    let keys = try ledger.keyStore.verifierKeys(origin: ledger.origin)
    let log = ledger.log
    return try await ledger.blocking { () throws(LedgerError) in
      try logged { () throws(LogError) in
        let view = try log.snapshot()
        try view.requireExtension(of: known.checkpoint)
        let (since, head) = (known.checkpoint.size, try view.head())
        guard let edge = try view.edge(at: since), edge.root() == known.checkpoint.root else {
          throw LogError.contradicting(since)
        }
        var chain = RecordChain(after: edge, lastTime: try since == 0 ? 0 : view.stamp(at: since)?.recordedAt ?? 0)
        var checkpoints = since < head ? try view.checkpoints(over: since + 1...head)[...] : []
        var count = 0
        func checkNote() throws(LogError) {
          guard let next = checkpoints.first, next.size == chain.size else { return }
          guard let note = try? SignedNote(decoding: Array(next.note.utf8)),
            let expected = try? Checkpoint(origin: log.origin, size: next.size, root: chain.edge.root()),
            note.text == expected.noteText, let signed = try? note.verifiedKeys(among: keys), !signed.isEmpty
          else {
            throw LogError(
              .inconsistentTree,
              "the signed checkpoint of size \(next.size) does not match the tree, or is signed by no key of "
                + "this ledger; restore a backup", at: next.size)
          }
          checkpoints.removeFirst()
          count += 1
        }
        guard since < head else {
          return VerificationSince(
            since: since, events: head, root: known.checkpoint.root, checkpoints: 0)
        }
        // Retention spares the newest records: what is new and in an archive already is read from there.
        try view.forEachRecord(in: since + 1...head) { (_, record) throws(LogError) in
          _ = try chain.append(record)
          try checkNote()
          if chain.size.isMultiple(of: 4_096) { progress(chain.size - since, head - since) }
          return true
        }
        progress(head - since, head - since)
        let root = try view.root(at: head)
        guard chain.size == head, chain.edge.root() == root else {
          throw LogError(
            .inconsistentTree, "the records do not match the tree; verify the whole ledger, and restore a backup",
            at: chain.size)
        }
        return VerificationSince(
          since: since, events: head, root: chain.edge.root(), checkpoints: count)
      }
    }
  }
}
