import Glibc

/// Takes lines from a descriptor that is read to its end: a file, a pipe, the standard input.
package struct LineReader {
  private static let pieceSize = 1 << 18

  private let descriptor: Int32
  private let limit: Int
  private var piece: [UInt8] = []
  private var offset = 0
  /// How many bytes came, and of how many; 0 where nobody knows.
  private var byteCount: UInt64 = 0
  private let size: UInt64
  /// The number of the line that was read last, from 1.
  package private(set) var number: UInt64 = 0

  /// - Parameters:
  ///   - descriptor: stays open.
  ///   - limit: the most bytes a line may have.
  package init(_ descriptor: Int32, limit: Int) {
    self.descriptor = descriptor
    self.limit = limit
    var status = stat()
    size = unsafe fstat(descriptor, &status) == 0 && status.st_mode & S_IFMT == S_IFREG ? UInt64(status.st_size) : 0
  }

  /// Of how many lines these are, if the rest is as long as they are; 0 where nobody knows.
  package func expected(after lines: UInt64) -> UInt64 {
    byteCount == 0 || size == 0 ? 0 : UInt64(Double(lines) * Double(size) / Double(min(byteCount, size)))
  }

  /// The next line without its line feed; nil at the end.
  ///
  /// - Throws: `damaged` where a line is too long, or the last one does not end; `storage`.
  package mutating func next() throws(LedgerError) -> [UInt8]? {
    var line: [UInt8] = []
    number += 1
    while true {
      if offset == piece.count {
        piece = try FileHandle.read(Self.pieceSize, from: descriptor, "the input")
        offset = 0
        byteCount += UInt64(piece.count)
        if piece.isEmpty {
          if line.isEmpty { return nil }
          throw LedgerError(.damaged, "line \(number) was cut off", position: nil)
        }
      }
      let end = piece[offset...].firstIndex(of: UInt8(ascii: "\n"))
      line += piece[offset..<(end ?? piece.count)]
      offset = end.map { $0 + 1 } ?? piece.count
      guard line.count <= limit else {
        throw LedgerError(.damaged, "line \(number) has more bytes than a line of an export can have")
      }
      if end != nil { return line }
    }
  }
}
