import Glibc
package import LedgerCrypto
import LedgerDomain

/// A file that is read once, from its beginning to its end; what was read is hashed on the way.
package struct FileInput: ~Copyable {
  private static let pieceSize = 1 << 18
  /// After how many bytes what was read leaves the page cache: what is read once is not to push out what is read often.
  private static let window = 8 << 20

  private let file: FileHandle
  private let path: String
  private var hash = SHA256.Stream()
  private var read: [UInt8] = []
  private var offset = 0
  private var position = 0

  /// - Throws: `not_found` where there is no such file, `storage`.
  package init(opening path: String) throws(LedgerError) {
    guard let file = try FileHandle.openIfPresent(path, O_RDONLY) else {
      throw LedgerError(.notFound, "there is no file \(path)", field: "path")
    }
    posix_fadvise(file.number, 0, 0, POSIX_FADV_SEQUENTIAL)
    self.file = file
    self.path = path
  }

  /// The file's size, in bytes.
  package func size() throws(LedgerError) -> UInt64 {
    UInt64(try file.status().st_size)
  }

  /// How many bytes were taken.
  package var taken: Int { position - read.count + offset }

  /// The next `count` bytes; nil where fewer are left.
  package mutating func bytes(_ count: Int) throws(LedgerError) -> [UInt8]? {
    var found: [UInt8] = []
    found.reserveCapacity(count)
    while found.count < count {
      guard try fill() else { return nil }
      let end = min(read.count, offset + count - found.count)
      found += read[offset..<end]
      offset = end
    }
    unsafe hash.update(found.span.bytes)
    return found
  }

  /// The next line without its line feed; nil at the end, and where none ends within `limit` bytes.
  package mutating func line(limit: Int) throws(LedgerError) -> [UInt8]? {
    var found: [UInt8] = []
    while found.count <= limit, try fill() {
      let end = read[offset...].firstIndex(of: UInt8(ascii: "\n"))
      found += read[offset..<(end ?? read.count)]
      offset = end.map { $0 + 1 } ?? read.count
      guard end != nil, found.count <= limit else { continue }
      unsafe hash.update(found.span.bytes)
      hash.update([UInt8(ascii: "\n")])
      return found
    }
    return nil
  }

  /// What comes next, some hundred kilobytes; nothing at the end.
  package mutating func piece() throws(LedgerError) -> [UInt8] {
    guard try fill() else { return [] }
    let rest = offset == 0 ? read : Array(read[offset...])
    offset = read.count
    unsafe hash.update(rest.span.bytes)
    return rest
  }

  /// All that is left, without hashing it; nil where that is more than `limit` bytes.
  package mutating func rest(limit: Int) throws(LedgerError) -> [UInt8]? {
    var found: [UInt8] = []
    while try fill() {
      found += read[offset...]
      offset = read.count
      guard found.count <= limit else { return nil }
    }
    return found
  }

  /// SHA-256 of what was read so far, which ends the reading.
  package consuming func finish() -> Digest { hash.finish() }

  /// Whether there is more.
  private mutating func fill() throws(LedgerError) -> Bool {
    guard offset == read.count else { return true }
    read = try FileHandle.read(Self.pieceSize, from: file.number, path)
    offset = 0
    position += read.count
    if position.isMultiple(of: Self.window) {
      posix_fadvise(file.number, off_t(position - Self.window), off_t(Self.window), POSIX_FADV_DONTNEED)
    }
    return !read.isEmpty
  }

  /// SHA-256 of a whole file.
  package static func digest(of path: String, progress: (UInt64) -> Void = { _ in }) throws(LedgerError) -> Digest {
    var input = try FileInput(opening: path)
    var done: UInt64 = 0
    while case let piece = try input.piece(), !piece.isEmpty {
      done += UInt64(piece.count)
      progress(done)
    }
    return input.finish()
  }

  /// A whole small file.
  ///
  /// - Throws: `damaged` where it is larger than `limit` bytes.
  package static func contents(of path: String, limit: Int) throws(LedgerError) -> [UInt8] {
    var input = try FileInput(opening: path)
    var contents: [UInt8] = []
    while case let piece = try input.piece(), !piece.isEmpty {
      contents += piece
      guard contents.count <= limit else {
        throw LedgerError(.damaged, "\(path) is larger than such a file can be")
      }
    }
    return contents
  }
}
