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
    /// A conflict that is not told as the specification asks, which says nothing of the log.
    case malformed
    /// The witness does not know the log.
    case unknownLog
    /// The witness does not know any key that has signed the checkpoint.
    case unknownKey
    /// Something else, by the HTTP status.
    case refused(status: Int)
  }

  /// How far a witness's clock may be from the log's, in seconds: it signs while it is asked.
  public static let clockTolerance: Int64 = 3_600

  /// Reads an answer. What is signed is the text of the note that was sent, byte for byte: the answer brings signatures and
  /// nothing else.
  ///
  /// - Parameters:
  ///   - status: the HTTP status.
  ///   - body: the body of the response.
  ///   - note: the note that was sent.
  ///   - oldSize: the size that the proof began with.
  ///   - witness: the witness's key; cosignatures by others are ignored.
  ///   - now: what the log's clock says, in seconds since 1970.
  /// - Throws: ``TransparencyError`` where the witness says that it has cosigned: `malformedNote` if the answer is anything
  ///   but lines of signatures, `missingSignature` if none is by this witness, `invalidSignature` if it is not of this
  ///   checkpoint, or of a time that is further from `now` than ``clockTolerance``.
  public static func answer(
    status: Int, body: [UInt8], to note: SignedNote, from oldSize: UInt64, by witness: VerifierKey, now: Int64
  ) throws(TransparencyError) -> Answer {
    switch status {
    case 200:
      let answered = try SignedNote(text: note.text, signatureLines: body)
      for cosignature in try answered.cosignatures(of: answered.verifiedKeys(among: [witness]))
      where !(now - clockTolerance...now + clockTolerance).contains(cosignature.time) {
        throw TransparencyError(.invalidSignature, "It is of another time than now, by more than an hour.")
      }
      var cosigned = note
      for signature in answered.signatures where witness.matches(signature) { try cosigned.add(signature) }
      return .cosigned(cosigned)
    case 409:
      if let size = size(in: body), size != oldSize { return .cosignedLast(size: size) }
      // Asked from the checkpoint's own size, it is the root that differs. Only an answer of this form may say so.
      let isOfOwnSize = try Checkpoint(noteText: note.text).size == oldSize
      return isOfOwnSize && (body.isEmpty || size(in: body) != nil) ? .contradicted : .malformed
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
