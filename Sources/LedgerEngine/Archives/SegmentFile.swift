import EventLog
import LedgerCrypto
package import LedgerEvents

/// One file of an archive: the records of a range of positions as the log stores them, and a signed checkpoint over
/// everything up to their end.
///
/// The file begins with lines of text, each ended by a line feed:
///
///     credledger-segment/1
///     origin <the ledger's name>
///     records <first position> <last position>
///     created <time, RFC 3339>
///     key <a key that had signed checkpoints of the ledger, oldest first (C2SP signed-note)>
///     note <size of the note in bytes>
///
/// with a line `key` for each. Then come the note (C2SP tlog-checkpoint) over `last` events, the records as a C2SP entry
/// bundle has them (two bytes of length, big-endian, and the record), and a last line over all bytes before it:
///
///     sha256 <64 hexadecimal digits>
package struct SegmentHeader: Sendable, Equatable {
  package static let title = "credledger-segment/1"
  package static let suffix = ".segment"

  package let origin: String
  package let first: UInt64
  package let last: UInt64
  package let createdAt: Timestamp
  package let verifierKeys: [String]
  package let checkpoint: String

  package init(
    origin: String, first: UInt64, last: UInt64, createdAt: Timestamp, verifierKeys: [String], checkpoint: String
  ) {
    self.origin = origin
    self.first = first
    self.last = last
    self.createdAt = createdAt
    self.verifierKeys = verifierKeys
    self.checkpoint = checkpoint
  }

  /// The file's name, which sorts as the positions do.
  package var fileName: String { Self.fileName(first, last) }

  /// The name of the segment that holds these events.
  package static func fileName(_ first: UInt64, _ last: UInt64) -> String {
    "\(padded(first))-\(padded(last))\(suffix)"
  }

  /// The range that a file's name speaks of; nil for other files.
  package static func range(of fileName: String) -> ClosedRange<UInt64>? {
    guard fileName.hasSuffix(suffix) else { return nil }
    let parts = fileName.dropLast(suffix.count).split(separator: "-", omittingEmptySubsequences: false)
    guard parts.count == 2, let first = UInt64(parts[0]), let last = UInt64(parts[1]), first > 0, first <= last,
      Self.fileName(first, last) == fileName
    else { return nil }
    return first...last
  }

  private static func padded(_ number: UInt64) -> String {
    let digits = String(number)
    return String(repeating: "0", count: 20 - digits.utf8.count) + digits
  }

  /// The file's beginning, up to the first record.
  package var bytes: [UInt8] {
    var text = "\(Self.title)\norigin \(origin)\nrecords \(first) \(last)\ncreated \(createdAt)\n"
    for key in verifierKeys { text += "key \(key)\n" }
    text += "note \(checkpoint.utf8.count)\n\(checkpoint)"
    return Array(text.utf8)
  }
}

/// Writes a segment's records behind its header.
package struct SegmentWriter: ~Copyable {
  private var output: FileOutput

  /// - Throws: `already_exists`, `disk_full`, `storage`.
  package init(_ header: SegmentHeader, at path: String) throws(LedgerError) {
    var output = try FileOutput(creating: path)
    try output.write(header.bytes)
    self.output = output
  }

  /// Writes the next record, of at most 65,535 bytes.
  package mutating func write(_ record: RawSpan) throws(LedgerError) {
    let count = UInt16(record.byteCount)
    try output.write([UInt8(count >> 8), UInt8(truncatingIfNeeded: count)])
    unsafe try record.withUnsafeBytes { (bytes) throws(LedgerError) in unsafe try output.write(bytes) }
  }

  /// Writes the last line, and makes the file durable.
  package consuming func finish() throws(LedgerError) {
    _ = try output.finish { Array("sha256 \($0.hex)\n".utf8) }
  }
}

/// Reads a segment from its first record to its last; the digest is only known to be right at the end.
package struct SegmentReader: ~Copyable {
  package let header: SegmentHeader
  package let path: String
  private var input: FileInput
  private var left: UInt64

  /// Reads the header.
  ///
  /// - Throws: `not_found`, `damaged`, `newer_format`, `storage`.
  package init(opening path: String) throws(LedgerError) {
    var input = try FileInput(opening: path)
    header = try Self.header(&input, path)
    left = header.last - header.first + 1
    self.input = input
    self.path = path
  }

  /// The next record; nil after the last.
  package mutating func next() throws(LedgerError) -> [UInt8]? {
    guard left > 0 else { return nil }
    left -= 1
    guard let count = try input.bytes(2), let record = try input.bytes(Int(count[0]) << 8 | Int(count[1])) else {
      throw LedgerError(.damaged, "\(path) was cut off")
    }
    return record
  }

  /// Where in the file the next record begins.
  package var offset: Int { input.taken }

  /// Checks the last line, once every record was read.
  package consuming func finish() throws(LedgerError) {
    let path = path
    let trailer = try input.rest(limit: 1_024)
    guard let trailer, trailer == Array("sha256 \(input.finish().hex)\n".utf8) else {
      throw LedgerError(.damaged, "\(path) is not what was written: its SHA-256 is another")
    }
  }

  private static func header(_ input: inout FileInput, _ path: String) throws(LedgerError) -> SegmentHeader {
    let title = try text(&input, path)
    guard title == SegmentHeader.title else {
      guard title.hasPrefix("credledger-segment/"), title.utf8.count < 40 else { throw damaged(path) }
      throw LedgerError(
        .newerFormat, "\(path) has the format \(title), this program reads \(SegmentHeader.title); upgrade the program")
    }
    let origin = try field("origin", &input, path)
    let range = try field("records", &input, path).split(separator: " ", omittingEmptySubsequences: false)
    guard range.count == 2, let first = UInt64(range[0]), let last = UInt64(range[1]), first > 0, first <= last,
      let createdAt = Timestamp(rfc3339: try field("created", &input, path))
    else { throw damaged(path) }
    var keys: [String] = []
    var line = try text(&input, path)
    while line.hasPrefix("key "), keys.count < 4_096 {
      keys.append(String(line.dropFirst(4)))
      line = try text(&input, path)
    }
    guard line.hasPrefix("note "), let count = Int(line.dropFirst(5)), (1...1 << 20).contains(count),
      let note = try input.bytes(count).flatMap({ String(validating: $0, as: UTF8.self) })
    else { throw damaged(path) }
    return SegmentHeader(
      origin: origin, first: first, last: last, createdAt: createdAt, verifierKeys: keys, checkpoint: note)
  }

  private static func field(_ name: String, _ input: inout FileInput, _ path: String) throws(LedgerError) -> String {
    let line = try text(&input, path)
    guard line.hasPrefix("\(name) ") else { throw damaged(path) }
    return String(line.dropFirst(name.count + 1))
  }

  private static func text(_ input: inout FileInput, _ path: String) throws(LedgerError) -> String {
    guard let line = try input.line(limit: 1_024), let text = String(validating: line, as: UTF8.self) else {
      throw damaged(path)
    }
    return text
  }

  private static func damaged(_ path: String) -> LedgerError {
    LedgerError(.damaged, "\(path) does not begin as a segment of an archive does")
  }
}
