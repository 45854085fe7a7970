import LedgerCrypto

/// What the files of a key folder are, by their names.
enum StoredFile {
  case keyring
  case masterKey
  case persons

  /// The kind of a name; nil for a name that the key store gives to no file.
  init?(_ name: String) {
    switch name {
    case Keyring.fileName: self = .keyring
    case MasterKey.fileName: self = .masterKey
    default:
      guard name.utf8.count == 2, let number = Hex.decode(name), PersonShard.fileName(number[0]) == name else {
        return nil
      }
      self = .persons
    }
  }

  /// Whether a file of this kind, or what a crash left of one, could begin so: with its title, with a part of it and no
  /// more, or overwritten by zeros. A master key has no title, but an alphabet.
  func couldBegin(as bytes: [UInt8]) -> Bool {
    if bytes.allSatisfy({ $0 == 0 }) { return true }
    let title: [UInt8]
    switch self {
    case .keyring: title = Array("credledger-keyring/".utf8)
    case .persons: title = Array("CLPERSON".utf8)
    case .masterKey: return bytes.allSatisfy(MasterKey.mayHave)
    }
    return bytes.starts(with: title) || title.starts(with: bytes)
  }
}
