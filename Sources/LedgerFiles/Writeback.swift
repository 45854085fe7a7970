import CPlatform
import Glibc

/// Sends a file that is being written to the device as it grows, in windows of some megabytes, and takes it out of the
/// page cache.
///
/// Left to itself the system would collect gigabytes and write them at once, and every commit would wait behind them; and
/// a large copy that nobody reads would push out of memory what is read all the time.
package struct Writeback: Sendable {
  // From linux/fs.h.
  private static let waitBefore: UInt32 = 1
  private static let write: UInt32 = 2
  private static let waitAfter: UInt32 = 4

  private let descriptor: Int32
  private let window: UInt64
  /// Up to where the device was told to write.
  private var started: UInt64 = 0

  /// - Parameters:
  ///   - descriptor: the file, which is written from its beginning on.
  ///   - window: how much is on its way to the device at once, in bytes; twice that may wait.
  package init(of descriptor: Int32, window: UInt64 = 4 << 20) {
    self.descriptor = descriptor
    self.window = window
  }

  /// Takes note that the file has grown; waits for the device where it is behind. A file system that cannot do it
  /// goes on in its own way.
  package mutating func advance(to byteCount: UInt64) {
    while byteCount - started >= window {
      _ = credledger_write_back(descriptor, off_t(started), off_t(window), Self.write)
      if started >= window {
        let before = off_t(started - window)
        _ = credledger_write_back(descriptor, before, off_t(window), Self.waitBefore | Self.write | Self.waitAfter)
        posix_fadvise(descriptor, before, off_t(window), POSIX_FADV_DONTNEED)
      }
      started += window
    }
  }
}
