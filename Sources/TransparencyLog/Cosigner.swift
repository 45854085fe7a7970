package import LedgerCrypto

/// A witness's key, which states that a checkpoint is the largest it has seen of a log, and consistent with all before
/// (C2SP tlog-cosignature, cosignature/v1). A cosigner must have made sure of that.
public struct Cosigner: Sendable {
  /// The key that checks the cosignatures.
  public let verifierKey: VerifierKey
  private let key: Ed25519.SigningKey

  /// Names a key.
  ///
  /// - Parameters:
  ///   - name: the witness's name. It is not part of what is signed: so never use a key under two names.
  ///   - key: the key.
  /// - Throws: ``TransparencyError`` with code `malformedKey` if the name is none.
  package init(name: String, key: Ed25519.SigningKey) throws(TransparencyError) {
    verifierKey = try VerifierKey(name: name, type: .cosignature, key: key.verifyingKey)
    self.key = key
  }

  /// Cosigns a checkpoint; add the result to its note.
  ///
  /// - Parameters:
  ///   - note: the checkpoint's note.
  ///   - time: now, in seconds since 1970, above 0 and before the year 10000.
  /// - Throws: ``TransparencyError`` with code `malformedCheckpoint` if the note carries no checkpoint, `signingFailed`
  ///   if the time is another or the key cannot sign.
  public func cosign(_ note: SignedNote, time: Int64) throws(TransparencyError) -> NoteSignature {
    _ = try Checkpoint(noteText: note.text)
    guard TimestampedSignature.times.contains(time) else {
      throw TransparencyError(.signingFailed, "A cosignature's time is above 0, and before the year 10000.")
    }
    let signature: [UInt8]
    do {
      signature = try key.sign(TimestampedSignature.message(time: time, text: note.text))
    } catch {
      throw TransparencyError(.signingFailed, "The key \(verifierKey.name) could not sign: \(error.reason)")
    }
    return try NoteSignature(
      keyName: verifierKey.name, keyID: verifierKey.id,
      bytes: TimestampedSignature(time: time, signature: signature).bytes)
  }
}

/// The content of a cosignature: a time, and the signature of that time and a checkpoint.
struct TimestampedSignature {
  /// The times that a witness can mean: 0 says that it has none, and no clock shows a year of five digits.
  static let times: ClosedRange<Int64> = 1...253_402_300_799

  /// Seconds since 1970, one of ``times``.
  let time: Int64
  /// An Ed25519 signature, 64 bytes.
  let signature: [UInt8]

  init(time: Int64, signature: [UInt8]) {
    self.time = time
    self.signature = signature
  }

  /// Reads 72 bytes; `nil` if there are more or fewer, or the time is none of ``times``.
  init?(decoding bytes: [UInt8]) {
    guard bytes.count == 8 + Ed25519.signatureByteCount else { return nil }
    let number = bytes.prefix(8).reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
    guard let time = Int64(exactly: number), Self.times.contains(time) else { return nil }
    self.init(time: time, signature: Array(bytes.dropFirst(8)))
  }

  /// The time in eight bytes, most significant first, and the signature.
  var bytes: [UInt8] {
    unsafe withUnsafeBytes(of: time.bigEndian) { unsafe Array($0) } + signature
  }

  /// What is signed.
  static func message(time: Int64, text: String) -> [UInt8] {
    Array("cosignature/v1\ntime \(time)\n\(text)".utf8)
  }
}
