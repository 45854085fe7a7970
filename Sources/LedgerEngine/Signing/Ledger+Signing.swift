package import EventLog
package import KeyStore
package import LMDB
package import LedgerCrypto
package import Projections
package import TransparencyLog

/// Signing the head of the tree, and what must hold before anything is signed.
extension Ledger {
  /// How the writer signs a checkpoint.
  package static func checkpointSigning(
    origin: String, _ keys: KeyStore, _ configuration: LedgerConfiguration
  ) -> CheckpointSigning {
    { (size, root) throws(LogError) in
      // Taken at each signature: the key may have been rotated.
      let signer =
        if let given = configuration.signer { given } else { try presentSigner(origin: origin, keys, configuration) }
      do throws(TransparencyError) {
        let checkpoint = try Checkpoint(origin: origin, size: size, root: root)
        return String(decoding: try SignedNote(text: checkpoint.noteText, signedBy: signer).bytes, as: UTF8.self)
      } catch {
        throw LogError(
          signer is ProvidedSigner ? .signingUnavailable : .keyUnavailable,
          "the checkpoint could not be signed: \(error.reason)")
      }
    }
  }

  /// Reads a checkpoint of this ledger, and checks its signature by the keys that the ledger has had.
  package static func checkpointReading(origin: String, _ keys: KeyStore) -> CheckpointReading {
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
  package static func requireSigned<Reading: Transaction & ~Copyable>(
    _ view: borrowing LogView<Reading, ProjectionSet>,
    _ read: @Sendable (_ note: String) throws(LogError) -> Checkpoint, signsItself: Bool
  ) throws(LogError) {
    let head = try view.head()
    if let root = try view.root(at: head) { try view.requireAgreement(of: head, root, reading: read) }
    let newest = try view.latestCheckpoint()
    guard head <= 1 || !signsItself || newest != nil else {
      throw LogError(
        .inconsistentTree, "the ledger has the size \(head), and no signed checkpoint any more; restore a backup",
        at: head)
    }
  }

  /// Signs a checkpoint over what the ledger had at some size, once that is proven to agree with the newest one that was
  /// signed. For copies that carry a checkpoint of their own; such a checkpoint is not kept in the ledger.
  ///
  /// - Throws: `damaged` where it does not agree; `key_unavailable`, `storage`.
  package func signedCheckpoint(over size: UInt64, _ root: Digest) throws(LedgerError) -> String {
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
private func presentSigner(
  origin: String, _ keys: KeyStore, _ configuration: LedgerConfiguration
) throws(LogError) -> any NoteSigner {
  do throws(KeyStoreError) { try keys.refresh() } catch { throw LogError(.keyUnavailable, error.reason) }
  func verifierKey(_ key: Ed25519.VerifyingKey) throws(LogError) -> VerifierKey {
    do throws(TransparencyError) { return try VerifierKey(name: origin, type: .ed25519, key: key) } catch {
      throw LogError(.keyUnavailable, error.reason)
    }
  }
  if let present = keys.verifyingKeys.last, present.isElsewhere {
    guard let provider = configuration.signingKey else {
      throw LogError(
        .signingUnavailable,
        "the key that signs checkpoints is kept elsewhere; name it by \(SigningKeySource.environmentVariable) or "
          + "--signing-key")
    }
    return ProvidedSigner(try verifierKey(present.key), present.key, provider)
  }
  let own: Ed25519.SigningKey
  do throws(KeyStoreError) { own = try keys.signingKey } catch { throw LogError(.keyUnavailable, error.reason) }
  do throws(TransparencyError) { return try Ed25519NoteSigner(name: origin, key: own) } catch {
    throw LogError(.keyUnavailable, error.reason)
  }
}
