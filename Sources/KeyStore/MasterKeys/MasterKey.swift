import Glibc
public import LedgerCrypto

/// The one key that all others are sealed under: 32 bytes, written as 64 hexadecimal digits or as standard Base64.
public struct MasterKey: Sendable {
  /// The environment variable that usually carries the master key.
  public static let environmentVariable = "CREDLEDGER_MASTER_KEY"

  /// The size of a master key in bytes.
  public static let byteCount = 32

  /// The name of the file for ``Source/keysFolder``.
  static let fileName = "master.key"
  /// The most bytes that such a file has.
  static let sizeLimit = 4_096

  let bytes: Secret
  /// The role whose key it is, in place of the master key; nil for the master key.
  let role: KeyRole?

  /// Draws a new master key.
  ///
  /// - Throws: ``KeyStoreError`` with code `cryptoFailure` when the source fails.
  public init(random source: some RandomSource) throws(KeyStoreError) {
    bytes = try KeyStoreError.wrapping { () throws(CryptoError) in
      try Secret(random: source, count: MasterKey.byteCount)
    }
    role = nil
  }

  /// Reads a master key from text; space and line ends around it are ignored.
  ///
  /// - Parameters:
  ///   - text: 64 hexadecimal digits, or the 44 characters of Base64; of the key of a role what ``KeyStore/roleKey(_:)``
  ///     gave.
  ///   - place: where the text was found, for the error.
  /// - Throws: ``KeyStoreError`` with code `masterKeyMissing` if the text is empty, `masterKeyMalformed` if it is
  ///   anything else.
  init(text: Secret, place: String) throws(KeyStoreError) {
    let (decoded, role): ([UInt8]?, KeyRole?) = unsafe text.withUnsafeBytes { text in
      let isSpace: (UInt8) -> Bool = { $0 == 0x20 || (0x09...0x0D).contains($0) }
      guard let first = unsafe text.firstIndex(where: { !isSpace($0) }),
        let last = unsafe text.lastIndex(where: { !isSpace($0) })
      else { return ([], nil) }
      let core = unsafe text[first...last]
      for role in KeyRole.allCases where unsafe core.starts(with: role.textPrefix.utf8) {
        return unsafe (Hex.decode(utf8: core.dropFirst(role.textPrefix.utf8.count)), role)
      }
      return unsafe (
        core.count == 2 * MasterKey.byteCount ? Hex.decode(utf8: core) : Base64.decode(utf8: core), nil
      )
    }
    self.role = role
    guard var found = consume decoded else { throw MasterKey.malformed(place) }
    guard !found.isEmpty else {
      throw KeyStoreError(.masterKeyMissing, "There is no master key: \(place) is empty.")
    }
    bytes = Secret(wiping: &found)
    guard bytes.count == MasterKey.byteCount else { throw MasterKey.malformed(place) }
  }

  /// Takes the bytes of a key as they are.
  ///
  /// - Throws: ``KeyStoreError`` with code `masterKeyMalformed` if there are not 32.
  init(bytes: Secret, place: String) throws(KeyStoreError) {
    guard bytes.count == MasterKey.byteCount else { throw MasterKey.malformed(place) }
    self.bytes = bytes
    role = nil
  }

  /// Whether a byte may be in the text of a master key, or in what a crash left of one.
  static func mayHave(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "+"), UInt8(ascii: "/"), UInt8(ascii: "="), 0x09...0x0D, 0x20,
      0:
      true
    default: false
    }
  }

  /// The content of a file that holds this key: 64 hexadecimal digits and a line end.
  var fileContent: [UInt8] {
    unsafe bytes.withUnsafeBytes { unsafe Array(Hex.encode($0).utf8) } + [UInt8(ascii: "\n")]
  }

  /// The key that seals the keyring of the ledger `origin`.
  ///
  /// - Throws: ``KeyStoreError`` with code `masterKeyMismatch` for the key of a role, which seals no keyring.
  func sealingKey(origin: String) throws(KeyStoreError) -> SealingKey {
    if let role {
      throw KeyStoreError(
        .masterKeyMismatch,
        "The key given is a \(role.rawValue) key, which opens a ledger for reading only; give the master key.")
    }
    return SealingKey(
      key: HKDFSHA256.derive(from: bytes, salt: Array(origin.utf8), info: Array("keyring sealing key".utf8), count: 32),
      fingerprint: unsafe HKDFSHA256.derive(
        from: bytes, salt: Array(origin.utf8), info: Array("keyring fingerprint".utf8), count: 8
      ).withUnsafeBytes { unsafe Hex.encode($0) })
  }

  static func malformed(_ place: String) -> KeyStoreError {
    KeyStoreError(
      .masterKeyMalformed,
      "What \(place) holds is no master key: 64 hexadecimal digits, or the 44 characters of Base64, are expected.")
  }
}

/// A key derived from the master key for one ledger, and a value that tells such keys apart and gives nothing away.
struct SealingKey: Sendable {
  let key: Secret
  /// 16 hexadecimal digits.
  let fingerprint: String
}
