/// A text with signatures below it (C2SP signed-note).
///
/// The text deserves no trust before ``verifiedKeys(among:)`` has named a key that is trusted.
public struct SignedNote: Sendable {
  /// The most bytes a note may have: 1 MiB.
  public static let maximumByteCount = 1 << 20
  /// The most signatures a note may have.
  public static let maximumSignatureCount = 100

  /// The text that is signed; its last line ends in a line end too.
  public let text: String
  /// The signatures, in the order of their lines.
  public private(set) var signatures: [NoteSignature]

  /// Signs a text.
  ///
  /// - Parameters:
  ///   - text: one line or more, each with its line end and without control characters.
  ///   - signer: the first to sign.
  /// - Throws: ``TransparencyError`` with code `malformedNote` if the text is no such text or too long, or what the
  ///   signer throws.
  public init(text: String, signedBy signer: some NoteSigner) throws(TransparencyError) {
    guard NoteGrammar.isNoteText(text) else {
      throw TransparencyError(
        .malformedNote, "A note consists of lines that end in a line end, without control characters.")
    }
    self.text = text
    signatures = []
    let signature = try signer.sign(Array(text.utf8))
    try add(NoteSignature(keyName: signer.name, keyID: signer.keyID, bytes: signature))
  }

  /// Reads a note and checks its form, not its signatures.
  ///
  /// - Parameter bytes: the note, at most 1 MiB.
  /// - Throws: ``TransparencyError`` with code `malformedNote` if it does not have its form, is too long, or has more
  ///   than 100 signatures.
  public init(decoding bytes: [UInt8]) throws(TransparencyError) {
    guard bytes.count <= Self.maximumByteCount else { throw Self.tooLong }
    guard let whole = String(validating: bytes, as: UTF8.self), NoteGrammar.isNoteText(whole),
      let blank = Self.lastBlankLine(of: bytes)
    else {
      throw TransparencyError(.malformedNote, "A note is lines of text, a blank line, and lines of signatures.")
    }
    let end = whole.utf8.index(whole.startIndex, offsetBy: blank)
    text = String(whole[..<end])
    signatures = try Self.signatures(in: whole[whole.utf8.index(after: end)...])
  }

  /// Puts signatures from elsewhere below a text that is known, and checks their form.
  ///
  /// - Parameters:
  ///   - text: that of a note.
  ///   - lines: lines of signatures, and nothing else.
  /// - Throws: ``TransparencyError`` with code `malformedNote` if they are anything else, none or more than 100.
  init(text: String, signatureLines lines: [UInt8]) throws(TransparencyError) {
    guard lines.count <= Self.maximumByteCount else { throw Self.tooLong }
    guard let lines = String(validating: lines, as: UTF8.self), NoteGrammar.isNoteText(lines) else {
      throw Self.noSignature
    }
    self.text = text
    signatures = try Self.signatures(in: lines[...])
  }

  /// The signatures of lines that end in a line end.
  private static func signatures(in text: Substring) throws(TransparencyError) -> [NoteSignature] {
    let lines = text.utf8
      .split(separator: 0x0A, maxSplits: maximumSignatureCount + 1, omittingEmptySubsequences: false).dropLast()
    guard lines.count <= maximumSignatureCount else { throw tooManySignatures }
    return try lines.map { (line) throws(TransparencyError) in
      guard let signature = NoteSignature(line: line) else { throw noSignature }
      return signature
    }
  }

  /// The place of the last empty line, which must have lines both above and below it.
  private static func lastBlankLine(of bytes: [UInt8]) -> Int? {
    var place = bytes.count - 2
    while place > 0 {
      if bytes[place] == 0x0A, bytes[place - 1] == 0x0A { return place }
      place -= 1
    }
    return nil
  }

  private static let noSignature = TransparencyError(
    .malformedNote, "A signature line is a dash, the name of a key, and base64.")
  private static let tooLong = TransparencyError(
    .malformedNote, "A note has at most \(maximumByteCount) bytes.")
  private static let tooManySignatures = TransparencyError(
    .malformedNote, "A note has at most \(maximumSignatureCount) signatures.")

  /// The note as it is stored and sent.
  public var bytes: [UInt8] {
    var bytes = Array(text.utf8)
    bytes.append(0x0A)
    for signature in signatures { bytes.append(contentsOf: signature.line.utf8) }
    return bytes
  }

  /// Adds a signature, unchecked, in place of an earlier one by the same key.
  ///
  /// - Throws: ``TransparencyError`` with code `malformedNote` if the note has 100 signatures, or would be too long.
  public mutating func add(_ signature: NoteSignature) throws(TransparencyError) {
    var changed = self
    changed.signatures.removeAll {
      $0.keyID == signature.keyID && $0.keyName.utf8.elementsEqual(signature.keyName.utf8)
    }
    changed.signatures.append(signature)
    guard changed.signatures.count <= Self.maximumSignatureCount else { throw Self.tooManySignatures }
    guard changed.bytes.count <= Self.maximumByteCount else { throw Self.tooLong }
    self = changed
  }

  /// Names in a text; of many the first few.
  private static func list(_ names: [String]) -> String {
    guard !names.isEmpty else { return "none" }
    return names.prefix(8).joined(separator: ", ") + (names.count > 8 ? " and \(names.count - 8) more" : "")
  }

  /// Checks the signatures by known keys. Signatures by others are ignored, as the specification asks, and so are those by a
  /// key under a larger tree than it counts for.
  ///
  /// - Parameter keys: the known keys.
  /// - Returns: those that have signed; at least one, each once, in the order given.
  /// - Throws: ``TransparencyError`` with code `invalidSignature` if any signature with the name and ID of a known key
  ///   is not by that key, `missingSignature` if there is none by any.
  public func verifiedKeys(among keys: [VerifierKey]) throws(TransparencyError) -> [VerifierKey] {
    var verified: [VerifierKey] = []
    var replaced: VerifierKey?
    for key in keys where !verified.contains(key) {
      let claimed = signatures.filter(key.matches)
      guard claimed.allSatisfy({ key.verify($0, of: text) }) else {
        throw TransparencyError(
          .invalidSignature, "The signature by \(key.name) is not of this text: do not trust the note.")
      }
      guard !claimed.isEmpty else { continue }
      if key.counts(under: text) { verified.append(key) } else { replaced = key }
    }
    if verified.isEmpty, let replaced, let lastSize = replaced.lastSize {
      throw TransparencyError(
        .missingSignature,
        "It is signed by \(VerifierKey.short(replaced.name, replaced.id)) alone, which was replaced when the ledger had "
          + "the size \(lastSize), and counts for no larger tree: do not trust it.")
    }
    guard !verified.isEmpty else {
      throw TransparencyError(
        .missingSignature,
        "It is signed by \(Self.list(signatures.map { VerifierKey.short($0.keyName, $0.keyID) })), and the known keys are "
          + "\(Self.list(keys.map { VerifierKey.short($0.name, $0.id) })): do not trust it.")
    }
    return verified
  }
}
