import ArgumentParser
import CredentialLedger
import Glibc

/// A file that says how far a log shipper was given events: the position of the last one, in 20 digits and a line end.
///
/// It is written in place after each event, and not synced: it outlives the program. Where the machine loses power, lines that were
/// printed may be lost with what they were printed into.
final class PositionFile {
  private static let digits = 20

  private let descriptor: Int32
  private let path: String

  /// Opens the file; makes it, for its owner alone, where it is missing.
  ///
  /// - Throws: ``CheckFailed`` where it cannot be opened, or is in the folder of the ledger.
  init(_ path: String, of ledger: LedgerOptions) throws {
    try DoorSession.requireNone("--position-file: a file is written")
    guard !path.isEmpty else { throw ValidationError("--position-file: expected the name of a file.") }
    try OutputFile.requireOutside(ledger, path, "--position-file")
    let opened = unsafe open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
    guard opened >= 0 else {
      throw CheckFailed(reason: "--position-file: \(path) cannot be opened; name another file [invalid_value]")
    }
    descriptor = opened
    self.path = path
  }

  deinit { _ = close(descriptor) }

  /// The position that is kept; nil in a new file.
  ///
  /// - Throws: ``CheckFailed`` for a file that holds something else, which stays as it is.
  func position() throws -> Position? {
    var bytes = [UInt8](repeating: 0, count: Self.digits + 2)
    let count = unsafe bytes.withUnsafeMutableBytes { unsafe pread(descriptor, $0.baseAddress, $0.count, 0) }
    if count == 0 { return nil }
    guard count == Self.digits + 1, bytes[Self.digits] == UInt8(ascii: "\n"),
      let position = Position(String(decoding: bytes.prefix(Self.digits), as: UTF8.self))
    else {
      throw CheckFailed(
        reason: "--position-file: \(path) holds something else than a position; name another file [invalid_value]")
    }
    return position
  }

  /// Keeps a position.
  func keep(_ position: Position) throws {
    let text = String(position)
    let line = Array((String(repeating: "0", count: Self.digits - text.utf8.count) + text + "\n").utf8)
    let count = unsafe line.withUnsafeBytes { unsafe pwrite(descriptor, $0.baseAddress, $0.count, 0) }
    guard count == line.count else {
      throw CheckFailed(reason: "--position-file: \(path) cannot be written; look at its disk [storage]")
    }
  }
}
