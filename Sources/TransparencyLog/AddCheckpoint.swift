import LedgerCrypto

/// How a log asks a witness to cosign a checkpoint (C2SP tlog-witness, `add-checkpoint`): what to send, and what the
/// answer means. How it gets there, over HTTP, is up to the caller.
public enum AddCheckpoint {
  /// What follows the witness's address (its submission prefix).
  public static let path = "/add-checkpoint"
  /// How many hashes a request may have.
  public static let maximumHashCount = 63

  /// The body of a request.
  ///
  /// - Parameters:
  ///   - note: the checkpoint's note.
  ///   - proof: that it extends the tree which the witness cosigned last; from size 0 for a witness that has not yet.
  /// - Throws: ``TransparencyError`` with code `malformedCheckpoint` if the note carries no checkpoint, or the proof is of
  ///   another size or too long.
  public static func request(
    for note: SignedNote, provenBy proof: ConsistencyProof
  ) throws(TransparencyError) -> [UInt8] {
    guard try Checkpoint(noteText: note.text).size == proof.newSize, proof.hashes.count <= maximumHashCount else {
      throw TransparencyError(.malformedCheckpoint, "The proof must lead to this checkpoint, by at most 63 hashes.")
    }
    let lines = ["old \(proof.oldSize)"] + proof.hashes.map { Base64.encode($0.bytes) } + [""]
    return Array(lines.map { $0 + "\n" }.joined().utf8) + note.bytes
  }

  /// What a witness has answered.
  public enum Answer: Sendable {
    /// The note with the witness's cosignature, verified.
    case cosigned(SignedNote)
    /// The witness cosigned a tree of this size last, which is not what the proof began with: prove it from there.
    case cosignedLast(size: UInt64)
    /// The witness has cosigned another tree of the checkpoint's own size, or one that it does not extend.
    case contradicted
    /// The witness does not know the log.
    case unknownLog
    /// The witness does not know any key that has signed the checkpoint.
    case unknownKey
    /// Something else, by the HTTP status.
    case refused(status: Int)
  }

  /// Reads an answer.
  ///
  /// - Parameters:
  ///   - status: the HTTP status.
  ///   - body: the body of the response.
  ///   - note: the note that was sent.
  ///   - oldSize: the size that the proof began with.
  ///   - witness: the witness's key; cosignatures by others are ignored.
  /// - Throws: ``TransparencyError`` where the witness says that it has cosigned: `malformedNote` if the answer has no
  ///   signatures, `missingSignature` if none is by this witness, `invalidSignature` if it is not of this checkpoint.
  public static func answer(
    status: Int, body: [UInt8], to note: SignedNote, from oldSize: UInt64, by witness: VerifierKey
  ) throws(TransparencyError) -> Answer {
    switch status {
    case 200:
      let answered = try SignedNote(decoding: Array(note.text.utf8) + [0x0A] + body)
      _ = try answered.verifiedKeys(among: [witness])
      var cosigned = note
      for signature in answered.signatures where witness.matches(signature) { try cosigned.add(signature) }
      return .cosigned(cosigned)
    case 409:
      // Without a size, or with the one that was sent, it is the root that differs.
      guard let size = size(in: body), size != oldSize else { return .contradicted }
      return .cosignedLast(size: size)
    case 422: return .contradicted
    case 404: return .unknownLog
    case 403: return .unknownKey
    default: return .refused(status: status)
    }
  }

  /// A size and a line end (`text/x.tlog.size`); nil for anything else.
  private static func size(in body: [UInt8]) -> UInt64? {
    guard let text = String(validating: body, as: UTF8.self), let size = UInt64(text.dropLast()),
      text.utf8.elementsEqual("\(size)\n".utf8)
    else { return nil }
    return size
  }
}
