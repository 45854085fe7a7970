import EventLog
import TransparencyLog

extension Evidence {
  /// What a witness answered over HTTP.
  public typealias WitnessResponse = (status: Int, body: [UInt8])

  /// Has a checkpoint cosigned by a witness (C2SP tlog-witness): an independent party, which makes sure that the ledger was
  /// only appended to since it cosigned last. A party that asks for its cosignature need not trust the ledger's operator to
  /// show everybody the same history.
  ///
  /// ```swift
  /// let note = try await ledger.evidence.cosigned(try await ledger.checkpoint(), by: witnessKey) { request in
  ///   try await http.post(request, to: "https://witness.example.org/add-checkpoint")
  /// }
  /// ```
  ///
  /// Asks twice as a rule: first to hear which size the witness cosigned last, then with the proof from there.
  ///
  /// - Parameters:
  ///   - checkpoint: a signed checkpoint of this ledger.
  ///   - witness: the witness's public key (C2SP signed-note, type 4).
  ///   - ask: sends one request to the witness's address followed by `/add-checkpoint`, and returns the answer, whatever
  ///     its status. What it throws is reported as `witness_unavailable`.
  /// - Returns: the checkpoint's note with the cosignature added, verified.
  /// - Throws: `invalid_value` for a key that is none of a witness; `witness_unavailable` where it does not answer;
  ///   `witness_refused` where it does not cosign, such as for a log that it does not know, or answers otherwise
  ///   than the specification says, or by a clock that is an hour away; `behind_checkpoint` or
  ///   `contradicts_checkpoint` where it has seen more of the ledger than the checkpoint covers, or another history; and as
  ///   ``Integrity/verify(against:verifierKeys:)`` for the checkpoint.
  public func cosigned(
    _ checkpoint: String, by witness: String, asking ask: @Sendable (_ request: [UInt8]) async throws -> WitnessResponse
  ) async throws(LedgerError) -> String {
    guard let key = try? VerifierKey(witness), key.type == .cosignature else {
      throw LedgerError(
        .invalidValue, "witness: expected a witness's public key, as <name>+<ID>+<base64>", field: "witness")
    }
    try await ledger.integrity.verify(against: checkpoint)
    let known = try KnownCheckpoint(checkpoint, of: ledger)
    var oldSize: UInt64 = 0
    // Once more, should others submit a checkpoint in between.
    for _ in 0..<3 {
      guard
        let proof = try await ledger.integrity.proveConsistency(
          from: Position(oldSize), to: Position(known.checkpoint.size))
      else {
        throw LedgerError(
          .behindCheckpoint,
          "the witness \(key.name) has cosigned the size \(oldSize), and the checkpoint has the size \(known.checkpoint.size): "
            + "take a newer checkpoint; if there is none, the ledger's tail is missing, or this is an old copy")
      }
      let answer = try await ledger.answer(to: known.note, proof, by: key, asking: ask)
      switch answer {
      case .cosigned(let note): return String(decoding: note.bytes, as: UTF8.self)
      case .cosignedLast(let size): oldSize = size
      case .contradicted:
        throw LedgerError(
          .contradictsCheckpoint,
          "the witness \(key.name) has cosigned a tree that this checkpoint does not extend: the history was rewritten")
      case .malformed:
        throw Ledger.refused(by: key, "it answered with a conflict, and not with the size that it has cosigned")
      case .unknownLog: throw Ledger.refused(by: key, "it does not know a log of the name \(ledger.origin)")
      case .unknownKey: throw Ledger.refused(by: key, "it does not know the key that signed the checkpoint")
      case .refused(let status): throw Ledger.refused(by: key, "HTTP status \(status)")
      }
    }
    throw Ledger.refused(by: key, "it names another size each time; try again")
  }
}

extension Ledger {
  fileprivate func answer(
    to note: SignedNote, _ proof: ConsistencyProof, by key: VerifierKey,
    asking ask: @Sendable ([UInt8]) async throws -> Evidence.WitnessResponse
  ) async throws(LedgerError) -> AddCheckpoint.Answer {
    let response: Evidence.WitnessResponse
    do {
      response = try await ask(try AddCheckpoint.request(for: note, provenBy: proof))
    } catch {
      throw LedgerError(.witnessUnavailable, "the witness \(key.name) could not be asked: \(error)")
    }
    do throws(TransparencyError) {
      return try AddCheckpoint.answer(
        status: response.status, body: response.body, to: note, from: proof.oldSize, by: key,
        now: configuration.clock() / 1_000)
    } catch { throw Self.refused(by: key, "what it sent is no cosignature of this checkpoint (\(error.reason))") }
  }

  fileprivate static func refused(by key: VerifierKey, _ reason: String) -> LedgerError {
    LedgerError(.witnessRefused, "the witness \(key.name) did not cosign: \(reason)")
  }
}

extension LedgerError.Code {
  /// A witness did not answer.
  public static let witnessUnavailable = Self(rawValue: "witness_unavailable")
  /// A witness did not cosign.
  public static let witnessRefused = Self(rawValue: "witness_refused")
}
