import CPlatform
import Glibc

/// A pipe between two threads of this process, which no program it starts inherits.
package struct Pipe<Failure: FileFailure>: ~Copyable {
  // From linux/fcntl.h.
  private static var setSize: Int32 { 1_031 }

  /// Where bytes are read. The code that takes the pipe closes both ends, each once.
  package let readingEnd: Int32
  /// Where bytes are written.
  package let writingEnd: Int32

  /// - Parameter capacity: how many bytes it holds, as far as the system allows.
  package init(capacity: Int32) throws(Failure) {
    var ends: [Int32] = [-1, -1]
    guard unsafe credledger_pipe(&ends) == 0 else { throw .refused("make a pipe", "") }
    (readingEnd, writingEnd) = (ends[0], ends[1])
    _ = fcntl(writingEnd, Self.setSize, capacity)
  }
}
