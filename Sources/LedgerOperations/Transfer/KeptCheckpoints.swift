import EventLog
import LedgerCrypto
import LedgerEngine
import Projections
import TransparencyLog

/// Checkpoints kept elsewhere, against which a copy of a log is verified as its records are read.
///
/// A copy that is sound in itself may still lack its tail, or be of a history that was rewritten whole: only a checkpoint
/// from elsewhere shows that.
struct KeptCheckpoints {
  private let kept: [(note: SignedNote, checkpoint: Checkpoint)]
  /// Those that the records have not reached yet, the largest first.
  private var waiting: [Checkpoint]
  /// The first size at which the copy had another root.
  private var contradiction: UInt64?

  /// - Parameters:
  ///   - texts: signed checkpoints.
  ///   - origin: the name of the ledger that the copy is of.
  /// - Throws: `invalid_checkpoint` where one is none, or is of another ledger.
  init(_ texts: [String], origin: String) throws(LedgerError) {
    kept = try texts.map { (text) throws(LedgerError) in
      do throws(TransparencyError) {
        let note = try SignedNote(decoding: Array(text.utf8))
        let checkpoint = try Checkpoint(noteText: note.text)
        guard checkpoint.origin.utf8.elementsEqual(origin.utf8) else {
          throw TransparencyError(.malformedCheckpoint, "it is of another ledger than \(origin)")
        }
        return (note, checkpoint)
      } catch {
        throw LedgerError(.invalidCheckpoint, "what was kept elsewhere is no signed checkpoint of it (\(error.reason))")
      }
    }
    waiting = kept.map(\.checkpoint).sorted { $0.size > $1.size }
  }

  /// Compares the tree over the records so far, where a checkpoint covers exactly them. To be called after each record.
  mutating func compare<Log: LogTransfer & ~Copyable>(_ log: borrowing Log) {
    while let next = waiting.last, next.size <= log.size {
      waiting.removeLast()
      let root = next.size == log.size ? log.root : MerkleHash.emptyRoot
      if root != next.root, contradiction == nil { contradiction = next.size }
    }
  }

  /// Says what came of it, once all records were read.
  ///
  /// - Parameters:
  ///   - size: how many there are.
  ///   - isSigned: whether a key of the ledger has signed a note.
  /// - Throws: `invalid_checkpoint` for a checkpoint that nobody of the ledger has signed, which accuses nobody;
  ///   `contradicts_checkpoint`, `behind_checkpoint`.
  func require(size: UInt64, isSigned: (SignedNote) -> Bool) throws(LedgerError) {
    for (note, checkpoint) in kept where !isSigned(note) {
      throw LedgerError(
        .invalidCheckpoint,
        "the checkpoint of size \(checkpoint.size) that was kept elsewhere is not signed by a key of this ledger")
    }
    if let contradiction { throw LedgerError(LogError.contradicting(contradiction)) }
    if let largest = waiting.first { throw LedgerError(LogError.behind(largest.size, size: size)) }
  }

  /// Does both for a log that can be read in any order.
  func require<Participant>(
    in log: EventLog<Participant>, isSigned: (SignedNote) -> Bool
  ) throws(LedgerError) {
    var signed = self
    signed.waiting = []
    try signed.require(size: .max, isSigned: isSigned)
    for (_, checkpoint) in kept {
      try logged { () throws(LogError) in try log.snapshot().requireExtension(of: checkpoint) }
    }
  }
}
