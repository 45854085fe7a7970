import Glibc
public import LedgerCrypto

extension MasterKey {
  /// Where a master key is kept.
  public enum Source: Sendable {
    /// In an environment variable of this name, which stays there: see ``GivenMasterKey/init(takingVariable:)``.
    case environment(String)
    /// In this text, which the embedding program got by its own means.
    case text(Secret)
    /// In the file at this path, which only its owner may read or write: the user who runs the program, the owner of the folder
    /// of the keys, or root.
    case file(String)
    /// In `master.key` in the folder of the keys: convenient for a trial, but somebody who copies the folder has
    /// everything.
    case keysFolder
    /// Elsewhere: with a service, in a hardware module, or in memory.
    case provider(any MasterKeyProvider)
  }

  /// Fetches the master key.
  ///
  /// - Throws: ``KeyStoreError`` with code `masterKeyMissing`, `masterKeyMalformed`, `masterKeyExposed` or
  ///   `fileFailure`.
  init(from source: Source, keys folder: PrivateFolder) throws(KeyStoreError) {
    switch source {
    case .environment(let name):
      guard let value = unsafe getenv(name) else { throw Self.isNotSet(name) }
      let text = unsafe Secret(copying: UnsafeRawBufferPointer(start: value, count: strlen(value)))
      try self.init(text: text, place: "the environment variable \(name)")
    case .text(let text):
      try self.init(text: text, place: "the text given")
    case .file(let path):
      try self.init(file: path, keys: folder)
    case .keysFolder:
      try self.init(file: folder.path(of: MasterKey.fileName), keys: folder)
    case .provider(let provider):
      let found: Secret
      do throws(MasterKeyUnavailable) { found = try provider.masterKey() } catch {
        throw KeyStoreError(.masterKeyMissing, "There is no master key: \(error.reason).")
      }
      // Text is longer than the key that it says.
      if found.count == MasterKey.byteCount {
        try self.init(bytes: found, place: provider.place)
      } else {
        try self.init(text: found, place: provider.place)
      }
    }
  }

  private init(file path: String, keys folder: PrivateFolder) throws(KeyStoreError) {
    let text = try SecretFile.read(
      path, holding: "The master key", limit: MasterKey.sizeLimit, owners: [folder.owner].compactMap(\.self),
      followsLink: path != folder.path(of: MasterKey.fileName))
    guard let text else {
      throw KeyStoreError(
        .masterKeyMissing,
        "There is no master key: the file \(path) does not exist. Put it back, or give the key another way, such as by "
          + "\(MasterKey.environmentVariable).")
    }
    try self.init(text: text, place: path)
  }

  static func isNotSet(_ name: String) -> KeyStoreError {
    KeyStoreError(.masterKeyMissing, "There is no master key: the environment variable \(name) is not set.")
  }
}

extension MasterKey.Source {
  /// What a program's option or its configuration says, in one of these forms:
  ///
  ///     environment:NAME        an environment variable
  ///     file:PATH               a file that only its owner may read
  ///     credential:NAME         a file that the service manager provides (systemd.exec(5), LoadCredential=)
  ///     command:PATH ARGUMENT…  what a program prints, such as the client of a key management service
  ///     pkcs11:…                a key in a hardware module (RFC 7512)
  ///     keys-folder             `master.key` in the folder of the keys
  ///
  /// - Throws: ``KeyStoreError`` with code `invalidArgument`, `masterKeyMissing`.
  public init(_ text: String) throws(KeyStoreError) {
    if text == "keys-folder" {
      self = .keysFolder
      return
    }
    let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
    guard parts.count == 2, !parts[1].isEmpty else { throw Self.unknown }
    let rest = String(parts[1])
    switch parts[0] {
    case "environment": self = .environment(rest)
    case "file": self = .file(rest)
    case "credential": self = .file(try Self.credential(rest))
    case "command":
      self = .provider(try MasterKeyCommand(rest.split(separator: " ").map { String($0) }))
    case "pkcs11": self = .provider(try PKCS11MasterKey(PKCS11URI(text)))
    default: throw Self.unknown
    }
  }

  /// The name of the credential that is looked for unless another source is named.
  public static let credentialName = "credledger.master-key"

  /// The file of a credential that the service manager provides, where it is there.
  public static func credentialFile(_ name: String = credentialName) -> String? {
    guard let folder = unsafe getenv("CREDENTIALS_DIRECTORY") else { return nil }
    let path = unsafe "\(String(cString: folder))/\(name)"
    return unsafe access(path, F_OK) == 0 ? path : nil
  }

  private static func credential(_ name: String) throws(KeyStoreError) -> String {
    guard !name.contains("/"), let path = credentialFile(name) else {
      throw KeyStoreError(
        .masterKeyMissing,
        "There is no master key: no credential \(name) in CREDENTIALS_DIRECTORY; have the service manager load it.")
    }
    return path
  }

  private static var unknown: KeyStoreError {
    KeyStoreError(
      .invalidArgument,
      "masterKey: expected environment:NAME, file:PATH, credential:NAME, command:PATH, pkcs11:... or keys-folder",
      field: "masterKey")
  }
}
