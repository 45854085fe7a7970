import Glibc

/// The bytes of a file of any size, or of standard input for `-`, a piece at a time.
final class ByteSource {
  private let file: String
  private let descriptor: Int32
  /// What another process sent of it, with its command.
  private var sent: [UInt8]?
  private var piece = [UInt8](repeating: 0, count: 1 << 18)

  /// - Throws: ``CannotRead``.
  init(_ file: String) throws {
    self.file = file
    if let session = DoorSession.current {
      sent = try session.input(file)
      descriptor = -1
      return
    }
    descriptor = file == "-" ? STDIN_FILENO : unsafe open(file, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw CannotRead(reason: "\(file) cannot be opened: \(systemError())") }
  }

  deinit { if descriptor > STDIN_FILENO { close(descriptor) } }

  /// The next bytes; none at the end.
  func next() throws -> [UInt8] {
    if let bytes = sent {
      sent = []
      return bytes
    }
    while true {
      let count = unsafe read(descriptor, &piece, piece.count)
      if count >= 0 { return Array(piece[..<count]) }
      guard errno == EINTR else { throw CannotRead(reason: "\(file) cannot be read: \(systemError())") }
    }
  }
}
