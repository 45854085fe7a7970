import Glibc
public import LedgerCrypto

/// The one key that all others are sealed under: 32 bytes, written as 64 hexadecimal digits or as standard Base64.
public struct MasterKey: Sendable {
  /// The environment variable that usually carries the master key.
  public static let environmentVariable = "CREDLEDGER_MASTER_KEY"

  /// The size of a master key in bytes.
  public static let byteCount = 32

  /// Where a master key is kept.
  public enum Source: Sendable {
    /// In an environment variable of this name.
    case environment(String)
    /// In this text, which the embedding program got by its own means.
    case text(Secret)
    /// In the file at this path, which only its owner may read or write.
    case file(String)
    /// In `master.key` in the folder of the keys: convenient for a trial, but whoever copies the folder has
    /// everything.
    case keysFolder
  }

  /// The name of the file for ``Source/keysFolder``.
  static let fileName = "master.key"
  /// The most bytes that such a file has.
  static let sizeLimit = 4_096

  private let bytes: Secret

  /// Draws a new master key.
  ///
  /// - Throws: ``KeyStoreError`` with code `cryptoFailure` when the source fails.
  public init(random source: some RandomSource) throws(KeyStoreError) {
    bytes = try KeyStoreError.wrapping { () throws(CryptoError) in
      try Secret(random: source, count: MasterKey.byteCount)
    }
  }

  /// Reads a master key from text; space and line ends around it are ignored.
  ///
  /// - Parameters:
  ///   - text: 64 hexadecimal digits, or the 44 characters of Base64.
  ///   - place: where the text was found, for the error.
  /// - Throws: ``KeyStoreError`` with code `masterKeyMissing` if the text is empty, `masterKeyMalformed` if it is
  ///   anything else.
  init(text: Secret, place: String) throws(KeyStoreError) {
    let decoded: [UInt8]? = unsafe text.withUnsafeBytes { text in
      let isSpace: (UInt8) -> Bool = { $0 == 0x20 || (0x09...0x0D).contains($0) }
      guard let first = unsafe text.firstIndex(where: { !isSpace($0) }),
        let last = unsafe text.lastIndex(where: { !isSpace($0) })
      else { return [] }
      let core = unsafe text[first...last]
      return unsafe core.count == 2 * MasterKey.byteCount ? Hex.decode(utf8: core) : Base64.decode(utf8: core)
    }
    guard var found = consume decoded else { throw MasterKey.malformed(place) }
    guard !found.isEmpty else {
      throw KeyStoreError(.masterKeyMissing, "There is no master key: \(place) is empty.")
    }
    bytes = Secret(wiping: &found)
    guard bytes.count == MasterKey.byteCount else { throw MasterKey.malformed(place) }
  }

  /// Fetches the master key.
  ///
  /// - Throws: ``KeyStoreError`` with code `masterKeyMissing`, `masterKeyMalformed`, `masterKeyExposed` or
  ///   `fileFailure`.
  init(from source: Source, keys folder: PrivateFolder) throws(KeyStoreError) {
    switch source {
    case .environment(let name):
      guard let value = unsafe getenv(name) else {
        throw KeyStoreError(.masterKeyMissing, "There is no master key: the environment variable \(name) is not set.")
      }
      let text = unsafe Secret(copying: UnsafeRawBufferPointer(start: value, count: strlen(value)))
      try self.init(text: text, place: "the environment variable \(name)")
    case .text(let text):
      try self.init(text: text, place: "the text given")
    case .file(let path):
      try self.init(file: path)
    case .keysFolder:
      try self.init(file: folder.path(of: MasterKey.fileName))
    }
  }

  private init(file path: String) throws(KeyStoreError) {
    guard let file = try OpenFile.open(path, O_RDONLY) else {
      throw KeyStoreError(
        .masterKeyMissing,
        "There is no master key: the file \(path) does not exist. Put it back, or give the key another way.")
    }
    let status = try file.status()
    guard status.st_mode & 0o077 == 0 else {
      throw KeyStoreError(
        .masterKeyExposed, "Others than its owner may use the master key in \(path); run chmod 600 on it.")
    }
    guard status.st_size <= MasterKey.sizeLimit else { throw MasterKey.malformed(path) }
    var text = try file.read(count: Int(status.st_size))
    try self.init(text: Secret(wiping: &text), place: path)
  }

  /// The content of a file that holds this key: 64 hexadecimal digits and a line end.
  var fileContent: [UInt8] {
    unsafe bytes.withUnsafeBytes { unsafe Array(Hex.encode($0).utf8) } + [UInt8(ascii: "\n")]
  }

  /// The key that seals the keyring of the ledger `origin`.
  func sealingKey(origin: String) -> SealingKey {
    SealingKey(
      key: HKDFSHA256.derive(from: bytes, salt: Array(origin.utf8), info: Array("keyring sealing key".utf8), count: 32),
      fingerprint: unsafe HKDFSHA256.derive(
        from: bytes, salt: Array(origin.utf8), info: Array("keyring fingerprint".utf8), count: 8
      ).withUnsafeBytes { unsafe Hex.encode($0) })
  }

  private static func malformed(_ place: String) -> KeyStoreError {
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
