import Glibc
import LedgerCrypto
import Synchronization

/// A key for each person, under which everything personal in the ledger is encrypted. Destroying a person's key erases
/// the person, while every record and proof stays as it is.
///
/// The keys lie in 256 files by the first byte of the person's ID (see ``PersonShard``), of which each is read on its
/// first use. A look-up that finds the key in memory takes one short lock; another reads 80 bytes. While keys are
/// added or erased, only the look-ups in the same file that are not answered from memory wait.
package final class PersonKeys: Sendable {
  private let folder: PrivateFolder
  private let origin: String
  private let random: any RandomSource
  private let access: KeyStore.Access
  private let sealingKeys: Mutex<[UInt32: Secret]>
  private let shards: [Shard]
  /// Filled only while a shard's lock is held, so that no key slips in after its erasure. Unused by a store opened for
  /// reading, which could not learn of an erasure.
  private let cache: Mutex<KeyCache>

  /// What is known of one file.
  private final class Shard: Sendable {
    let number: UInt8
    let contents = Mutex<Contents?>(nil)

    init(_ number: UInt8) { self.number = number }
  }

  /// What was read from one file.
  private struct Contents {
    var header: PersonShard.Header
    var positions: [PersonID: Int]
    var stamp: FileStamp
  }

  init(
    in folder: PrivateFolder, origin: String, sealingKeys: [UInt32: Secret], access: KeyStore.Access,
    cacheCapacity: Int, random: any RandomSource
  ) {
    self.folder = folder
    self.origin = origin
    self.random = random
    self.access = access
    self.sealingKeys = Mutex(sealingKeys)
    shards = (UInt8.min...UInt8.max).map(Shard.init)
    cache = Mutex(KeyCache(capacity: cacheCapacity))
  }

  /// Makes a key for each of the persons. All are durable on return, at the cost of two syncs for each file concerned.
  ///
  /// - Throws: ``KeyStoreError`` with code `personExists` before anything is written; `readOnly`, `damaged`,
  ///   `fileFailure` or `cryptoFailure`, when some of the persons may have got a key.
  package func add(_ persons: [PersonID]) throws(KeyStoreError) {
    try requireWriting()
    var isNew = Set(persons).count == persons.count
    for person in persons where isNew { isNew = try !contains(person) }
    guard isNew else {
      throw KeyStoreError(.personExists, "One of the persons already has a key; draw a new ID.")
    }
    for (number, persons) in Dictionary(grouping: persons, by: \.shard) {
      try change(number) { (contents) throws(KeyStoreError) in try add(persons, to: &contents, shard: number) }
    }
  }

  /// Whether a person has a key.
  ///
  /// - Throws: ``KeyStoreError`` with code `damaged` or `fileFailure`.
  package func contains(_ person: PersonID) throws(KeyStoreError) -> Bool {
    try find(person) { _, _ in true } ?? false
  }

  /// The numbers of the files that are not there: 256 look-ups in the folder. A file stays once it is made, even after the last
  /// of its keys is destroyed, so nobody has a key in a file that is not there.
  package var absentFiles: Set<UInt8> {
    Set((UInt8.min...UInt8.max).filter { !folder.has(PersonShard.fileName($0)) })
  }

  /// Whether a person has a key, looked for among the newest of its file first: cheap for one that was made lately, as
  /// ``contains(_:)`` for another. The newest entries are not checked.
  ///
  /// - Throws: ``KeyStoreError`` with code `damaged` or `fileFailure`.
  package func containsAmongNewest(_ person: PersonID) throws(KeyStoreError) -> Bool {
    guard let file = try OpenFile.find(folder.path(of: PersonShard.fileName(person.shard)), O_RDONLY) else {
      return false
    }
    let header = try PersonShard.decodeHeader(
      try file.read(PersonShard.headerSize), shard: person.shard)
    let first = max(0, header.count - Self.newestCount)
    let bytes = try file.read((header.count - first) * PersonShard.entrySize, at: PersonShard.offset(of: first))
    let name = person.bytes
    for start in stride(from: 0, to: bytes.count, by: PersonShard.entrySize)
    where bytes[start...].starts(with: name) { return true }
    return try contains(person)
  }

  private static let newestCount = 64

  /// Destroys a person's key for good: on return no file holds it, sealed or not. The file it lay in is written anew,
  /// in proportion to the persons in it.
  ///
  /// - Returns: whether there was a key.
  /// - Throws: ``KeyStoreError`` with code `readOnly`, `damaged` or `fileFailure`. The key is then either whole or
  ///   gone; erasing again, or opening the store again, finishes what was begun.
  @discardableResult
  package func erase(_ person: PersonID) throws(KeyStoreError) -> Bool {
    try requireWriting()
    return try change(person.shard) { (contents) throws(KeyStoreError) in
      cache.withLock { $0.remove(person) }
      guard let found = try readAll(person.shard),
        found.entries.contains(where: { $0.person == person })
      else {
        // An erasure that failed half-way may have left the old file to be wiped.
        try folder.sweep(PersonShard.fileName(person.shard))
        return false
      }
      try write(
        found.entries.filter { $0.person != person }, generation: found.header.generation, shard: person.shard)
      contents = nil
      return true
    }
  }

  /// The key of a person; `nil` if it was erased or never made.
  ///
  /// - Throws: ``KeyStoreError`` with code `damaged`, `outdated` or `fileFailure`.
  func key(of person: PersonID) throws(KeyStoreError) -> Secret? {
    if let key = cache.withLock({ $0.find(person) }) { return key }
    return try find(person) { (entry, generation) throws(KeyStoreError) in
      let key = try open(entry, generation: generation)
      if access == .writing { cache.withLock { $0.insert(key, for: person) } }
      return key
    }
  }

  /// The key of a person that was used lately; `nil` where it would have to be read.
  func keyInMemory(of person: PersonID) -> Secret? { cache.withLock { $0.find(person) } }

  /// Learns of new keys to seal under, of which the highest number is used for new files.
  func use(_ keys: [UInt32: Secret]) {
    sealingKeys.withLock { $0 = keys }
  }

  /// Seals every person's key under the newest sealing key. Files that already are stay as they are, so a call that
  /// failed can be made again.
  func reseal() throws(KeyStoreError) {
    let (generation, _) = try newestSealingKey()
    for shard in shards {
      try change(shard.number) { (contents) throws(KeyStoreError) in
        guard let found = try readAll(shard.number), found.header.generation != generation else { return }
        var entries: [PersonShard.Entry] = []
        for entry in found.entries {
          entries.append(
            try seal(try open(entry, generation: found.header.generation), for: entry.person, generation: generation))
        }
        try write(entries, generation: generation, shard: shard.number)
        contents = nil
      }
    }
  }
}

extension PersonKeys {
  /// Opens every person's key, to see that it is whole.
  ///
  /// - Parameter target: where each file is copied to, as far as its entries are counted; nil copies none.
  /// - Returns: how many persons there are.
  /// - Throws: ``KeyStoreError`` with code `damaged`, `outdated` or `fileFailure`.
  func verify(copyingTo target: PrivateFolder? = nil) throws(KeyStoreError) -> Int {
    var count = 0
    for shard in shards {
      guard let found = try readWhole(shard.number) else { continue }
      for entry in found.entries { _ = try open(entry, generation: found.header.generation) }
      count += found.entries.count
      try target?.replace(
        PersonShard.fileName(shard.number),
        with: PersonShard.encode(shard: shard.number, generation: found.header.generation, entries: found.entries))
    }
    return count
  }

  /// A whole file, while another process may be writing it: one that has just grown or been replaced can look damaged.
  private func readWhole(
    _ shard: UInt8
  ) throws(KeyStoreError) -> (header: PersonShard.Header, entries: [PersonShard.Entry])? {
    var tries = 3
    while true {
      do throws(KeyStoreError) { return try readAll(shard) } catch {
        tries -= 1
        guard error.code == .damaged, tries > 0 else { throw error }
      }
    }
  }

  private func requireWriting() throws(KeyStoreError) {
    guard access == .writing else {
      throw KeyStoreError(.readOnly, "The key store was opened for reading; open it for writing to change it.")
    }
  }

  /// Runs `body` as the only one to touch a shard. What was read of the file is forgotten if it fails.
  private func change<Result: Sendable>(
    _ number: UInt8, _ body: (inout Contents?) throws(KeyStoreError) -> Result
  ) throws(KeyStoreError) -> Result {
    try shards[Int(number)].contents.withLock { (contents) throws(KeyStoreError) in
      do throws(KeyStoreError) {
        return try body(&contents)
      } catch {
        contents = nil
        throw error
      }
    }
  }

  private func add(_ persons: [PersonID], to contents: inout Contents?, shard: UInt8) throws(KeyStoreError) {
    guard let file = try OpenFile.find(folder.path(of: PersonShard.fileName(shard)), O_RDWR) else {
      let (generation, _) = try newestSealingKey()
      try write(try newEntries(for: persons, generation: generation), generation: generation, shard: shard)
      return
    }
    var found = try current(contents, file, shard: shard)
    let generation = found.header.generation
    var bytes: [UInt8] = []
    for entry in try newEntries(for: persons, generation: generation) {
      bytes += entry.encoded(generation: generation)
      found.positions[entry.person] = found.header.count + bytes.count / PersonShard.entrySize - 1
    }
    let path = folder.path(of: PersonShard.fileName(shard))
    // What an interrupted call left beyond the counted entries was never acknowledged.
    try folder.failpoint("cut \(path)")
    try file.truncate(to: found.header.end)
    try folder.failpoint("append \(path)")
    try file.write(bytes, at: found.header.end)
    try folder.failpoint("sync \(path)")
    try file.sync()
    found.header.count += persons.count
    try folder.failpoint("count \(path)")
    try file.write(found.header.encoded)
    try folder.failpoint("sync \(path)")
    try file.sync()
    found.stamp = FileStamp(try file.status())
    contents = found
  }

  private func newEntries(
    for persons: [PersonID], generation: UInt32
  ) throws(KeyStoreError) -> [PersonShard.Entry] {
    var entries: [PersonShard.Entry] = []
    for person in persons {
      entries.append(try seal(try SealedBytes.drawKey(random), for: person, generation: generation))
    }
    return entries
  }

  /// Calls `body` with a person's entry and the number of the key it is sealed under; `nil` if there is no entry.
  private func find<Result: Sendable>(
    _ person: PersonID, _ body: (PersonShard.Entry, UInt32) throws(KeyStoreError) -> Result
  ) throws(KeyStoreError) -> Result? {
    let number = person.shard
    return try change(number) { (contents) throws(KeyStoreError) -> Result? in
      var failed: FileStamp?
      while true {
        guard let file = try OpenFile.find(folder.path(of: PersonShard.fileName(number)), O_RDONLY) else { return nil }
        let stamp = FileStamp(try file.status())
        do throws(KeyStoreError) {
          let found = try current(contents, file, shard: number)
          contents = found
          guard let position = found.positions[person] else { return nil }
          let bytes = try file.read(PersonShard.entrySize, at: PersonShard.offset(of: position))
          let entry = try PersonShard.decodeEntry(bytes, at: position, of: found.header)
          return try body(entry, found.header.generation)
        } catch {
          // A file that another process has just replaced, and is wiping, looks damaged; its successor is not.
          guard error.code == .damaged, stamp != failed else { throw error }
          failed = stamp
          contents = nil
        }
      }
    }
  }

  /// What is known of an open file, read anew if the file has changed since.
  private func current(
    _ contents: Contents?, _ file: borrowing OpenFile, shard: UInt8
  ) throws(KeyStoreError) -> Contents {
    let status = try file.status()
    let stamp = FileStamp(status)
    if let contents, contents.stamp == stamp { return contents }
    guard status.st_size <= PersonShard.sizeLimit else { throw PersonShard.damaged(shard, "its size") }
    let (header, entries) = try PersonShard.decode(try file.read(Int(status.st_size)), shard: shard)
    var positions: [PersonID: Int] = Dictionary(minimumCapacity: entries.count)
    for (position, entry) in entries.enumerated() { positions[entry.person] = position }
    return Contents(header: header, positions: positions, stamp: stamp)
  }

  private func readAll(
    _ shard: UInt8
  ) throws(KeyStoreError) -> (header: PersonShard.Header, entries: [PersonShard.Entry])? {
    guard let bytes = try folder.read(PersonShard.fileName(shard), limit: PersonShard.sizeLimit) else { return nil }
    return try PersonShard.decode(bytes, shard: shard)
  }

  private func write(_ entries: [PersonShard.Entry], generation: UInt32, shard: UInt8) throws(KeyStoreError) {
    try folder.replace(
      PersonShard.fileName(shard),
      with: PersonShard.encode(shard: shard, generation: generation, entries: entries))
  }

  private func newestSealingKey() throws(KeyStoreError) -> (UInt32, Secret) {
    let newest = sealingKeys.withLock { keys in keys.max { $0.key < $1.key } }
    guard let newest else { throw Keyring.damaged("the key of the persons is not in it") }
    return newest
  }

  private func sealingKey(_ generation: UInt32) throws(KeyStoreError) -> Secret {
    let keys = sealingKeys.withLock { $0 }
    guard let key = keys[generation] else {
      guard !keys.isEmpty else { throw KeyStoreError.notOpened(.person) }
      throw KeyStoreError(.outdated, "The master key was rotated while the key store was open; open it again.")
    }
    return key
  }

  private func context(_ person: PersonID) -> [UInt8] {
    Array("person\n\(origin)\n".utf8) + person.bytes
  }

  private func seal(
    _ key: Secret, for person: PersonID, generation: UInt32
  ) throws(KeyStoreError) -> PersonShard.Entry {
    let sealed = try SealedBytes.seal(
      key, under: try sealingKey(generation), context: context(person), random: random)
    return PersonShard.Entry(person: person, sealedKey: sealed)
  }

  private func open(_ entry: PersonShard.Entry, generation: UInt32) throws(KeyStoreError) -> Secret {
    let sealing = try sealingKey(generation)
    guard let key = try SealedBytes.openSecret(entry.sealedKey, under: sealing, context: context(entry.person)) else {
      throw PersonShard.damaged(entry.person.shard, "the key of \(entry.person), which does not authenticate")
    }
    return key
  }
}
