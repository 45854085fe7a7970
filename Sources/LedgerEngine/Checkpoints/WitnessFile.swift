package import EventLog
package import KeyStore
package import LMDB
package import Projections
import Synchronization
package import TransparencyLog

/// A file elsewhere, on another device or a mounted share, that keeps the newest checkpoint: so that a ledger whose tail
/// was cut off, or in whose place an old copy was put, is not opened.
///
/// The ledger is ahead of the file or level with it, never behind: a checkpoint comes into the file once its commit is
/// durable. The file is advanced on the writer's thread, a few milliseconds every ten seconds or 16,384 events.
package final class WitnessFile: Sendable {
  private let path: String
  /// What the file held when the ledger was opened; nil if there was none yet.
  package let kept: Checkpoint?
  private let state: Mutex<State>

  private struct State {
    /// How many events the checkpoint in the file covers.
    var size: UInt64
    /// Why the file could not be advanced last.
    var failure: LedgerError?
  }

  /// Reads the file.
  ///
  /// - Throws: `invalid_checkpoint` where it holds anything but a checkpoint of this ledger, signed by a key of its own;
  ///   `storage` where it cannot be read, or its folder is not there.
  package init(_ path: String, origin: String, keys: KeyStore) throws(LedgerError) {
    self.path = path
    if let content = try Self.content(of: path, limit: SignedNote.maximumByteCount) {
      do throws(LedgerError) {
        kept = try KnownCheckpoint(content, origin: origin, keys: keys.verifierKeys(origin: origin)).checkpoint
      } catch { throw Self.named(path, error) }
    } else {
      kept = nil
    }
    state = Mutex(State(size: kept?.size ?? 0, failure: nil))
  }

  /// What a witness file holds; nil if there is none yet.
  ///
  /// A folder that is not there is most likely a device that is not mounted: then the ledger would be compared with
  /// nothing, where it was thought safe.
  package static func content(of path: String, limit: Int) throws(LedgerError) -> [UInt8]? {
    let folder = Folder.parent(of: path)
    guard Folder.isFolder(folder) else {
      throw LedgerError(
        .storage, "the folder \(folder) of the witness file is not there; mount its device, or check the path",
        field: "witnessFile")
    }
    return try DurableFile.read(path, limit: limit)
  }

  /// Refuses a log that is behind what the file says, or contradicts it.
  package func check<Reading: Transaction & ~Copyable>(
    _ view: borrowing LogView<Reading, ProjectionSet>
  ) throws(LogError) {
    if let kept { try view.requireExtension(of: kept) }
  }

  /// The same error, which names the file and the way out.
  package func named(_ error: LedgerError) -> LedgerError {
    guard error.code == .behindCheckpoint || error.code == .contradictsCheckpoint else { return error }
    return Self.named(path, error)
  }

  private static func named(_ path: String, _ error: LedgerError) -> LedgerError {
    LedgerError(
      error.code,
      "\(error.reason) (witness file \(path)); restore the newest backup, or, if this is meant, move the file away",
      field: "witnessFile", position: error.position)
  }

  /// Replaces the checkpoint in the file by a newer one; an older one is ignored.
  ///
  /// - Throws: `storage` or `disk_full`; see also ``failure``.
  package func advance(to note: String) throws(LedgerError) {
    guard let decoded = try? SignedNote(decoding: Array(note.utf8)),
      let checkpoint = try? Checkpoint(noteText: decoded.text)
    else { return }
    try state.withLock { (state) throws(LedgerError) in
      guard checkpoint.size > state.size else { return }
      do throws(LedgerError) {
        try DurableFile.replace(path, with: Array(note.utf8))
        state = State(size: checkpoint.size, failure: nil)
      } catch {
        state.failure = LedgerError(error.code, "the witness file is behind: \(error.reason)", field: "witnessFile")
        throw error
      }
    }
  }

  /// The same from the writer's thread, which has nobody to throw to: a failure is kept.
  package func keep(_ note: String) {
    do { try advance(to: note) } catch {}
  }

  /// Removes what processes that were killed while they replaced the file have left beside it. To be called by the one
  /// process that writes the ledger.
  package func sweep() { TemporaryFiles.sweep(beside: path) }

  /// Why the file could not be advanced last; nil if it was.
  package var failure: LedgerError? { state.withLock { $0.failure } }
}
