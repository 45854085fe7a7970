import LedgerCrypto

/// Why the key store refused or failed.
///
/// Two errors are equal when their codes are. The reason says what was expected and what to do, and never holds a byte
/// of a key.
public struct KeyStoreError: Error, Sendable {
  /// What kind of failure it was.
  public struct Code: Sendable, Hashable, CustomStringConvertible {
    private let name: String

    private init(_ name: String) { self.name = name }

    /// The folder already holds a keyring.
    public static let alreadyExists = Code("alreadyExists")
    /// The folder holds no keyring.
    public static let notFound = Code("notFound")
    /// Another process, or another part of this one, has the folder open for writing.
    public static let locked = Code("locked")
    /// The store was opened for reading only.
    public static let readOnly = Code("readOnly")
    /// There is no master key where it was looked for.
    public static let masterKeyMissing = Code("masterKeyMissing")
    /// The text found is no master key.
    public static let masterKeyMalformed = Code("masterKeyMalformed")
    /// Others than the owner may read or write the file of the master key.
    public static let masterKeyExposed = Code("masterKeyExposed")
    /// The master key is not the one this folder is sealed under.
    public static let masterKeyMismatch = Code("masterKeyMismatch")
    /// The keys belong to a ledger of another name.
    public static let originMismatch = Code("originMismatch")
    /// A file is not what the key store wrote.
    public static let damaged = Code("damaged")
    /// The master key was rotated since the store was opened; opening it again helps.
    public static let outdated = Code("outdated")
    /// The keyring is older than one that is known.
    public static let keyringBehind = Code("keyringBehind")
    /// The signing key is kept elsewhere, so the keyring cannot sign.
    public static let signingElsewhere = Code("signingElsewhere")
    /// The rotation of the master key before this one is not confirmed yet.
    public static let rotationUnconfirmed = Code("rotationUnconfirmed")
    /// The person already has a key.
    public static let personExists = Code("personExists")
    /// The person has no key: it was erased, or never made.
    public static let personMissing = Code("personMissing")
    /// A sealed value was changed, or was sealed for another person or purpose.
    public static let notAuthentic = Code("notAuthentic")
    /// An argument is outside its range.
    public static let invalidArgument = Code("invalidArgument")
    /// The operating system refused a file operation.
    public static let fileFailure = Code("fileFailure")
    /// There is no room for a file.
    public static let diskFull = Code("diskFull")
    /// libcrypto failed, or the random source did.
    public static let cryptoFailure = Code("cryptoFailure")

    public var description: String { name }
  }

  /// What kind of failure it was.
  public let code: Code
  /// What was wrong, and what to do about it.
  public let reason: String
  /// The argument that is outside its range; nil for any other failure.
  public let field: String?

  package init(_ code: Code, _ reason: String, field: String? = nil) {
    self.code = code
    self.reason = reason
    self.field = field
  }

  /// A key is asked for that a store has not, since it was opened without the master key.
  static func notOpened(_ kind: KeyKind) -> KeyStoreError {
    KeyStoreError(
      .masterKeyMissing,
      "This takes the \(kind) key, and the ledger was opened without the master key: give it by \(MasterKey.environmentVariable), "
        + "CREDLEDGER_MASTER_KEY_SOURCE or --master-key, or give a reader key in its place.")
  }

  /// Runs `body`, and passes on as ``Code/cryptoFailure`` what it throws.
  static func wrapping<Result: ~Copyable>(
    _ body: () throws(CryptoError) -> Result
  ) throws(KeyStoreError) -> Result {
    do {
      return try body()
    } catch {
      throw KeyStoreError(.cryptoFailure, error.reason)
    }
  }
}

extension KeyStoreError: Equatable {
  /// Whether two errors have the same code.
  public static func == (left: KeyStoreError, right: KeyStoreError) -> Bool { left.code == right.code }
}

extension KeyStoreError: CustomStringConvertible {
  public var description: String { "\(code): \(reason)" }
}
