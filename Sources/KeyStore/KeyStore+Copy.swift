extension KeyStore {
  /// What a copy of the keys holds.
  package struct Copied: Sendable {
    /// How many persons have a key in it.
    package let persons: Int
    /// Whether the master key is in it, because it is kept in the folder.
    package let hasMasterKey: Bool
  }

  /// Copies every key, sealed as it is, into another folder, while this or another process goes on: for a backup of the
  /// keys, or for a ledger that is restored. Each key is opened on the way, so what was copied is whole.
  ///
  /// Somebody who has the copy can read what it opens, also of persons who are erased later. The master key is copied where
  /// it is kept in the folder.
  ///
  /// - Parameter path: a folder that does not exist or is empty; the folder above must exist. Everything is durable on
  ///   return; after a failure it is the caller's to remove.
  /// - Throws: ``KeyStoreError`` with code `alreadyExists`, `damaged`, `outdated` or `fileFailure`.
  package func copy(to path: String) throws(KeyStoreError) -> Copied {
    let target = PrivateFolder(path: path)
    guard !target.has(Keyring.fileName) else {
      throw KeyStoreError(.alreadyExists, "\(path) already holds the keys of a ledger; choose another folder.")
    }
    try target.create()
    try target.folder(Self.personsFolder).create()
    var tries = 3
    while true {
      let keyring = try folder.read(Keyring.fileName, limit: Keyring.sizeLimit) ?? []
      let master = try folder.read(MasterKey.fileName, limit: MasterKey.sizeLimit)
      let persons = try persons.verify(copyingTo: target.folder(Self.personsFolder))
      // A keyring that is another one now may not open what was copied: a key was rotated meanwhile.
      if try folder.read(Keyring.fileName, limit: Keyring.sizeLimit) == keyring {
        if let master { try target.replace(MasterKey.fileName, with: master) }
        try target.replace(Keyring.fileName, with: keyring)
        return Copied(persons: persons, hasMasterKey: master != nil)
      }
      tries -= 1
      if tries == 0 { throw KeyStoreError(.outdated, "Keys are being rotated; copy them when that has ended.") }
    }
  }

  /// Opens every person's key, to see that it is whole.
  ///
  /// - Returns: how many persons there are.
  /// - Throws: ``KeyStoreError`` with code `damaged` or `fileFailure`.
  package func verifyPersons() throws(KeyStoreError) -> Int { try persons.verify() }
}
