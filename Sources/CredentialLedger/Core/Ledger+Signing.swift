import EventLog
import KeyStore
import LMDB
import LedgerCrypto
import Projections
import TransparencyLog

/// Signing the head of the tree, and what must hold before anything is signed.
extension Ledger {
  static func checkpointSigning(
    origin: String, _ keys: KeyStore, _ configuration: LedgerConfiguration
  ) -> CheckpointSigning {
    { (size, root) throws(LogError) in
      // Taken at each signature: the key may have been rotated.
      let own = configuration.signer == nil ? try presentSigningKey(keys) : nil
      do throws(TransparencyError) {
        let signer: (any NoteSigner)? =
          if let own { try Ed25519NoteSigner(name: origin, key: own) } else { configuration.signer }
        guard let signer else { throw TransparencyError(.malformedKey, "there is no key to sign by") }
        let checkpoint = try Checkpoint(origin: origin, size: size, root: root)
        return String(decoding: try SignedNote(text: checkpoint.noteText, signedBy: signer).bytes, as: UTF8.self)
      } catch {
        throw LogError(.keyUnavailable, "the checkpoint could not be signed: \(error.reason)")
      }
    }
  }

  /// Reads a checkpoint of this ledger, and checks its signature by the keys that the ledger has had.
  static func checkpointReading(origin: String, _ keys: KeyStore) -> CheckpointReading {
    { (note) throws(LogError) in
      do throws(KeyStoreError) { try keys.refresh() } catch { throw LogError(.keyUnavailable, error.reason) }
      do throws(LedgerError) {
        return try KnownCheckpoint(Array(note.utf8), origin: origin, keys: keys.verifierKeys(origin: origin)).checkpoint
      } catch {
        throw LogError(.inconsistentTree, "the newest signed checkpoint is not as it was: \(error.reason)")
      }
    }
  }

  /// Refuses to write where the newest checkpoint is not one that this ledger has signed, or is gone: the ledger signs one
  /// before it is made for good, and each time it is closed.
  ///
  /// - Parameter signsItself: whether the ledger's own key signs. One that is elsewhere may be out of reach for long.
  static func requireSigned<Reading: Transaction & ~Copyable>(
    _ view: borrowing LogView<Reading, ProjectionSet>, _ read: CheckpointReading, signsItself: Bool
  ) throws(LogError) {
    let head = try view.head()
    if let root = try view.root(at: head) { try view.requireAgreement(of: head, root, reading: read) }
    let newest = try view.latestCheckpoint()
    guard head <= 1 || !signsItself || newest != nil else {
      throw LogError(
        .inconsistentTree, "the ledger has \(head) events, and no signed checkpoint any more; restore a backup",
        at: head)
    }
  }

  /// Signs a checkpoint over what the ledger had at some size, once that is proven to agree with the newest one that was
  /// signed. For copies that carry a checkpoint of their own; such a checkpoint is not kept in the ledger.
  ///
  /// - Throws: `damaged` where it does not agree; `key_unavailable`, `storage`.
  func signedCheckpoint(over size: UInt64, _ root: Digest) throws(LedgerError) -> String {
    let reading = Self.checkpointReading(origin: origin, keyStore)
    return try logged { () throws(LogError) in
      let view = try log.snapshot()
      try Self.requireSigned(view, reading, signsItself: configuration.signer == nil)
      try view.requireAgreement(of: size, root, reading: reading)
      return try Self.checkpointSigning(origin: origin, keyStore, configuration)(size, root)
    }
  }
}

/// The key that signs now, also where another process has rotated it.
private func presentSigningKey(_ keys: KeyStore) throws(LogError) -> Ed25519.SigningKey {
  do throws(KeyStoreError) {
    try keys.refresh()
    return try keys.signingKey
  } catch { throw LogError(.keyUnavailable, error.reason) }
}
