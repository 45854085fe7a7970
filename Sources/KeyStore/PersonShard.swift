import LedgerCrypto

/// The layout of a file in `persons/`: a header, and an entry for each person. Numbers are big-endian.
///
/// | Header, 24 bytes | | Entry, 80 bytes | |
/// | --- | --- | --- | --- |
/// | 0 ..< 8 | `CLPERSON` | 0 ..< 16 | person ID, whose first byte is the shard |
/// | 8 | version, 1 | 16 ..< 28 | nonce |
/// | 9 | shard | 28 ..< 60 | the person's key, sealed |
/// | 10 ..< 12 | zeros | 60 ..< 76 | tag |
/// | 12 ..< 16 | number of the sealing key | 76 ..< 80 | check over the rest |
/// | 16 ..< 20 | count of entries | | |
/// | 20 ..< 24 | check over the rest | | |
///
/// A check is the first four bytes of SHA-256, which for an entry begins with the number of the sealing key. Entries
/// are made durable before the header counts them; so what lies beyond the count was never acknowledged, and what lies
/// within must be whole. A header never crosses a sector of the disk, and is written in one.
enum PersonShard {
  static let headerSize = 24
  static let entrySize = 80
  /// More persons than this in one shard would be billions in all.
  static let sizeLimit = headerSize + (entrySize << 24)

  private static let title = Array("CLPERSON".utf8) + [1]

  /// What a shard's header says.
  struct Header: Sendable {
    let shard: UInt8
    /// The number of the key that the entries are sealed under.
    let generation: UInt32
    var count: Int

    /// The offset of the first byte after the counted entries.
    var end: Int { offset(of: count) }

    /// The header as it lies in the file.
    var encoded: [UInt8] {
      let bytes = title + [shard, 0, 0] + bigEndian(generation) + bigEndian(UInt32(count))
      return bytes + check(bytes)
    }
  }

  /// One person's sealed key.
  struct Entry: Sendable {
    let person: PersonID
    /// Nonce, ciphertext and tag.
    let sealedKey: [UInt8]

    /// The entry as it lies in the file.
    func encoded(generation: UInt32) -> [UInt8] {
      let bytes = person.bytes + sealedKey
      return bytes + check(bigEndian(generation) + bytes)
    }
  }

  /// A whole file.
  static func encode(shard: UInt8, generation: UInt32, entries: [Entry]) -> [UInt8] {
    var bytes = Header(shard: shard, generation: generation, count: entries.count).encoded
    for entry in entries { bytes += entry.encoded(generation: generation) }
    return bytes
  }

  /// Reads the header of the file `bytes`.
  ///
  /// - Throws: ``KeyStoreError`` with code `damaged`, naming the shard.
  static func decodeHeader(_ bytes: [UInt8], shard: UInt8) throws(KeyStoreError) -> Header {
    let header = Array(bytes.prefix(headerSize))
    guard header.count == headerSize, Array(header.suffix(4)) == check(Array(header.dropLast(4))),
      Array(header.prefix(title.count)) == title, Array(header[9..<12]) == [shard, 0, 0]
    else { throw damaged(shard, "its header") }
    return Header(shard: shard, generation: number(header[12..<16]), count: Int(number(header[16..<20])))
  }

  /// Reads the entry at a position, given its 80 bytes.
  ///
  /// - Throws: ``KeyStoreError`` with code `damaged`, naming the shard and the entry.
  static func decodeEntry(
    _ bytes: some Collection<UInt8>, at position: Int, of header: Header
  ) throws(KeyStoreError) -> Entry {
    let content = Array(bytes.dropLast(4))
    guard bytes.count == entrySize, Array(bytes.suffix(4)) == check(bigEndian(header.generation) + content),
      content[0] == header.shard, let person = PersonID(bytes: content.prefix(PersonID.byteCount))
    else { throw damaged(header.shard, "entry \(position)") }
    return Entry(person: person, sealedKey: Array(content.dropFirst(PersonID.byteCount)))
  }

  /// Reads a whole file; what lies beyond the counted entries is left aside.
  ///
  /// - Throws: ``KeyStoreError`` with code `damaged`, naming the shard and the entry.
  static func decode(_ bytes: [UInt8], shard: UInt8) throws(KeyStoreError) -> (header: Header, entries: [Entry]) {
    let header = try decodeHeader(bytes, shard: shard)
    guard bytes.count >= header.end else { throw damaged(shard, "its end, which is cut off") }
    var entries: [Entry] = []
    entries.reserveCapacity(header.count)
    for position in 0..<header.count {
      entries.append(
        try decodeEntry(bytes[offset(of: position)..<offset(of: position + 1)], at: position, of: header))
    }
    return (header, entries)
  }

  /// Where the entry at a position begins.
  static func offset(of position: Int) -> Int { headerSize + position * entrySize }

  /// The file's name: the number as two hexadecimal digits.
  static func fileName(_ number: UInt8) -> String { Hex.encode([number]) }

  static func damaged(_ number: UInt8, _ what: String) -> KeyStoreError {
    KeyStoreError(
      .damaged, "The keys of persons in persons/\(fileName(number)) are damaged at \(what). Restore it from a backup.")
  }

  private static func check(_ bytes: [UInt8]) -> [UInt8] {
    Array(SHA256.hash(bytes).bytes.prefix(4))
  }

  private static func bigEndian(_ number: UInt32) -> [UInt8] {
    stride(from: 24, through: 0, by: -8).map { UInt8(truncatingIfNeeded: number >> UInt32($0)) }
  }

  private static func number(_ bytes: ArraySlice<UInt8>) -> UInt32 {
    bytes.reduce(0) { $0 << 8 | UInt32($1) }
  }
}
