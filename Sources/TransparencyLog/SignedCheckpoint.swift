/// A checkpoint whose signatures have been checked: the log's own, and those of the witnesses that are known.
public struct SignedCheckpoint: Sendable {
  /// The note as it was received, with all signatures, unknown ones too.
  public let note: SignedNote
  /// What the note says.
  public let checkpoint: Checkpoint
  /// The known keys that have signed: the log's, then witnesses'.
  public let verifiedKeys: [VerifierKey]

  /// Checks a checkpoint.
  ///
  /// - Parameters:
  ///   - note: the note that carries it.
  ///   - origin: which log it must be of.
  ///   - logKey: the log's key; without its signature the checkpoint is refused.
  ///   - witnesses: the known witnesses' keys, whose signatures may be missing.
  /// - Throws: ``TransparencyError`` with code `missingSignature` if the log has not signed, `invalidSignature` if a
  ///   signature by a known key is not of this note, `malformedCheckpoint` if the note carries no checkpoint,
  ///   `wrongOrigin` if it is of another log.
  public init(
    verifying note: SignedNote, origin: String, logKey: VerifierKey, witnesses: [VerifierKey] = []
  ) throws(TransparencyError) {
    verifiedKeys = try note.verifiedKeys(among: [logKey] + witnesses)
    guard verifiedKeys.first == logKey else {
      throw TransparencyError(.missingSignature, "The log has not signed this checkpoint: do not trust it.")
    }
    checkpoint = try Checkpoint(noteText: note.text)
    guard checkpoint.origin.utf8.elementsEqual(origin.utf8) else {
      throw TransparencyError(.wrongOrigin, "This is a checkpoint of another log than \(origin).")
    }
    self.note = note
  }

  /// The cosignatures by known witnesses.
  public var cosignatures: [Cosignature] { note.cosignatures(of: verifiedKeys) }
}

/// A statement of a known witness about a checkpoint.
public struct Cosignature: Sendable, Hashable {
  /// The witness's key.
  public let key: VerifierKey
  /// When it cosigned, in seconds since 1970.
  public let time: Int64
}

extension SignedNote {
  /// The cosignatures by known witnesses, checked.
  ///
  /// - Parameter keys: the witnesses' keys; a witness that has not cosigned is left out.
  /// - Throws: ``TransparencyError`` with code `invalidSignature` if one that claims to be a known witness's is not.
  public func cosignatures(by keys: [VerifierKey]) throws(TransparencyError) -> [Cosignature] {
    do throws(TransparencyError) { return cosignatures(of: try verifiedKeys(among: keys)) } catch {
      guard error.code == .missingSignature else { throw error }
      return []
    }
  }

  /// What the signatures by verified keys say.
  func cosignatures(of verified: [VerifierKey]) -> [Cosignature] {
    verified.filter { $0.type == .cosignature }.flatMap { key in
      signatures.filter(key.matches).compactMap { signature in
        TimestampedSignature(decoding: signature.bytes).map { Cosignature(key: key, time: $0.time) }
      }
    }
  }
}
