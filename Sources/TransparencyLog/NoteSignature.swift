import LedgerCrypto

/// One signature line of a note (C2SP signed-note).
public struct NoteSignature: Sendable {
  /// The name of the key that is said to have signed.
  public let keyName: String
  /// The ID of that key.
  public let keyID: UInt32
  /// The signature, at least one byte; its form is up to the type of the key.
  public let bytes: [UInt8]

  /// Puts a signature line together.
  ///
  /// - Throws: ``TransparencyError`` with code `malformedNote` if the name is none or there are no bytes.
  public init(keyName: String, keyID: UInt32, bytes: [UInt8]) throws(TransparencyError) {
    guard NoteGrammar.isKeyName(keyName), !bytes.isEmpty else {
      throw TransparencyError(.malformedNote, "A signature must have the name of its key, and not be empty.")
    }
    self.keyName = keyName
    self.keyID = keyID
    self.bytes = bytes
  }

  /// Reads a signature line without its line end; `nil` if it is none.
  init?(line: Substring.UTF8View) {
    guard line.starts(with: Self.start) else { return nil }
    let parts = line.dropFirst(Self.start.count)
      .split(separator: UInt8(ascii: " "), maxSplits: 1, omittingEmptySubsequences: false)
    guard parts.count == 2, let decoded = Base64.decode(Substring(parts[1])),
      let signature = try? NoteSignature(
        keyName: String(Substring(parts[0])), keyID: decoded.prefix(4).reduce(0) { $0 << 8 | UInt32($1) },
        bytes: Array(decoded.dropFirst(4)))
    else { return nil }
    self = signature
  }

  /// The signature's line, with its line end.
  var line: String {
    let id = unsafe withUnsafeBytes(of: keyID.bigEndian) { unsafe Array($0) }
    return "— \(keyName) \(Base64.encode(id + bytes))\n"
  }

  /// The time of a cosignature in seconds since 1970, unchecked; nil for a signature that has not the form of one.
  package var cosignedAt: Int64? { TimestampedSignature(decoding: bytes)?.time }

  /// An em dash and a space.
  private static let start = Array("— ".utf8)
}
