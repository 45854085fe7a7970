public import LedgerCrypto

/// A public key that checks signatures of notes, with the name it goes by (C2SP signed-note).
///
/// Its text, for configuration files, is `<name>+<key ID in hexadecimal>+<base64 of type and key>`. A ledger's key that was
/// replaced may have `@<size>` after that: the largest tree whose checkpoint it counts for. Somebody who steals it afterwards
/// signs nothing newer.
public struct VerifierKey: Sendable {
  /// What a key signs, and how.
  public enum SignatureType: UInt8, Sendable {
    /// Ed25519 over the note's text.
    case ed25519 = 0x01
    /// Ed25519 over a time and a checkpoint's text (C2SP tlog-cosignature, cosignature/v1).
    case cosignature = 0x04
  }

  /// The key's name; it should look like an address without its scheme, such as `example.com/log`.
  public let name: String
  /// What the key signs.
  public let type: SignatureType
  /// The key itself.
  public let key: Ed25519.VerifyingKey
  /// A short hash of name, type and key. With the name it says which key made a signature, and proves nothing.
  public let id: UInt32
  /// How many events a tree may have at most for the key to count under its checkpoint; nil for any number.
  public private(set) var lastSize: UInt64?

  /// Names a key.
  ///
  /// - Parameters:
  ///   - name: not empty, without white space, control characters and plus signs.
  ///   - type: what the key signs.
  ///   - key: the key.
  /// - Throws: ``TransparencyError`` with code `malformedKey` if the name is none.
  public init(name: String, type: SignatureType, key: Ed25519.VerifyingKey) throws(TransparencyError) {
    guard NoteGrammar.isKeyName(name) else { throw Self.malformed("has no valid name") }
    self.name = name
    self.type = type
    self.key = key
    let hash = SHA256.hash(pieces: Array(name.utf8), [0x0A, type.rawValue], key.bytes)
    id = hash.bytes.prefix(4).reduce(0) { $0 << 8 | UInt32($1) }
  }

  /// Reads a key from its text.
  ///
  /// - Throws: ``TransparencyError`` with code `malformedKey` if the text does not have its form, has another key ID
  ///   than name and key give, or a type of signature that is not supported.
  public init(_ text: String) throws(TransparencyError) {
    let plus = UInt8(ascii: "+")
    let whole = text.utf8.split(separator: UInt8(ascii: "@"), omittingEmptySubsequences: false)
    let bound = whole.count > 1 && text.utf8.last.map { 48...57 ~= $0 } ?? false ? whole.last : nil
    let unbounded = bound.map { text.utf8.dropLast($0.count + 1) } ?? text.utf8[...]
    let parts = unbounded.split(separator: plus, maxSplits: 2, omittingEmptySubsequences: false)
      .map { String(Substring($0)) }
    guard parts.count == 3 else { throw Self.malformed("is not <name>+<ID>+<base64>") }
    guard let material = Base64.decode(parts[2]), let typeByte = material.first else {
      throw Self.malformed("does not end in base64, or was cut off")
    }
    guard let type = SignatureType(rawValue: typeByte) else { throw Self.malformed("is of an unsupported type") }
    guard let key = try? Ed25519.VerifyingKey(bytes: material.dropFirst()) else {
      throw Self.malformed("does not end in the base64 of a key, or was cut off")
    }
    try self.init(name: parts[0], type: type, key: key)
    if let bound {
      guard type == .ed25519, let size = UInt64(Substring(bound)) else { throw Self.malformed("has a malformed bound") }
      lastSize = size
    }
    guard description.utf8.elementsEqual(text.utf8) else { throw Self.malformed("has an ID that is not its own") }
  }

  /// Reads the key of a ledger or of a witness from its text.
  ///
  /// - Throws: ``TransparencyError`` with code `malformedKey` as ``init(_:)``, and for a key of the other type.
  package init(_ text: String, of type: SignatureType) throws(TransparencyError) {
    try self.init(text)
    guard self.type == type else {
      throw TransparencyError(
        .malformedKey,
        type == .ed25519
          ? "A ledger's key is wanted, and this is a witness's." : "A witness's key is wanted, and this is a ledger's.")
    }
  }

  /// The same key, which counts for trees up to a size only; nil for any.
  public func upTo(_ lastSize: UInt64?) -> VerifierKey {
    var key = self
    key.lastSize = lastSize
    return key
  }

  /// Whether the key counts under a text: under any, or where it has a bound, under a checkpoint within that.
  func counts(under text: String) -> Bool {
    guard let lastSize else { return true }
    return (try? Checkpoint(noteText: text)).map { $0.size <= lastSize } ?? false
  }

  private static func malformed(_ fault: String) -> TransparencyError {
    TransparencyError(.malformedKey, "A verifier key \(fault): copy its text from its owner again.")
  }

  /// Whether a signature claims to be by this key.
  func matches(_ signature: NoteSignature) -> Bool {
    signature.keyID == id && signature.keyName.utf8.elementsEqual(name.utf8)
  }

  /// Whether a signature is this key's, of a note's text.
  func verify(_ signature: NoteSignature, of text: String) -> Bool {
    switch type {
    case .ed25519:
      return key.verify(signature.bytes, of: Array(text.utf8))
    case .cosignature:
      guard let cosignature = TimestampedSignature(decoding: signature.bytes) else { return false }
      return key.verify(
        cosignature.signature, of: TimestampedSignature.message(time: cosignature.time, text: text))
    }
  }
}

extension VerifierKey: Hashable {
  // Names are compared byte for byte: Swift takes texts for equal that Unicode merely calls equivalent.

  public static func == (left: VerifierKey, right: VerifierKey) -> Bool {
    left.type == right.type && left.key == right.key && left.name.utf8.elementsEqual(right.name.utf8)
  }

  public func hash(into hasher: inout Hasher) {
    hasher.combine(id)
  }
}

extension VerifierKey: CustomStringConvertible {
  /// The key's text.
  public var description: String {
    "\(Self.short(name, id))+\(Base64.encode([type.rawValue] + key.bytes))" + (lastSize.map { "@\($0)" } ?? "")
  }

  /// By what a key is named where it is not to be shown whole.
  static func short(_ name: String, _ id: UInt32) -> String {
    let digits = String(id, radix: 16)
    return "\(name)+\(String(repeating: "0", count: 8 - digits.utf8.count))\(digits)"
  }
}
