import EventLog
import Glibc
import LMDB
import LedgerCrypto
import Synchronization

/// Takes this thread, and those that it starts, behind others that want the processor.
enum LowPriority {
  static func begin() {
    // For Linux 0 is the calling thread. Without the right to, it goes on as it was.
    _ = setpriority(__priority_which_t(UInt32(PRIO_PROCESS.rawValue)), 0, 10)
  }
}

/// A copy of an environment on its way into a file: LMDB writes into a pipe, whose reader decides how fast.
struct EnvironmentCopy {
  private static let pieceSize = 1 << 20
  private let environment: Environment

  init(of environment: Environment) { self.environment = environment }

  /// - Returns: SHA-256 of the file, and its size in bytes.
  func write(
    to path: String, _ observe: TransferProgress.Observer
  ) throws(LedgerError) -> (digest: Digest, byteCount: UInt64) {
    try makeRoom()
    var output = try FileOutput(creating: path)
    let pipe = try Pipe(capacity: Int32(Self.pieceSize))
    let shared = Shared()
    let (environment, writing) = (environment, pipe.writingEnd)
    let thread = OSThread {
      do throws(LMDBError) { try environment.copy(into: writing, compacting: true) } catch { shared.fail(error) }
      close(writing)
    }
    var failure: LedgerError?
    do throws(LedgerError) { try pump(from: pipe.readingEnd, to: &output, path, observe) } catch { failure = error }
    // Closed before the thread is waited for: what still writes into the pipe then fails, and ends.
    close(pipe.readingEnd)
    thread.join()
    if let failure { throw failure }
    if let error = shared.failure { throw LedgerError(LogError(error)) }
    let byteCount = output.byteCount
    return (try output.finish(), byteCount)
  }

  /// Lets the map grow beforehand where it is more than half full: while the copy is under way it could not, and writers
  /// would be refused.
  private func makeRoom() throws(LedgerError) {
    guard environment.access == .readWrite else { return }
    try logged { () throws(LogError) in
      try stored { () throws(LMDBError) in
        let statistics = try environment.statistics()
        guard statistics.usedBytes > statistics.mapSize / 2 else { return }
        do throws(LMDBError) { try environment.growMap() } catch {
          // It has reached its limit: then it would not grow later either.
          guard error.code == .mapFull else { throw error }
        }
      }
    }
  }

  private func pump(
    from descriptor: Int32, to output: inout FileOutput, _ path: String, _ observe: TransferProgress.Observer
  ) throws(LedgerError) {
    let total = UInt64((try? environment.statistics().usedBytes) ?? 0)
    let piece = UnsafeMutableRawBufferPointer.allocate(byteCount: Self.pieceSize, alignment: 4_096)
    defer { unsafe piece.deallocate() }
    while true {
      let count = unsafe read(descriptor, piece.baseAddress, piece.count)
      if count < 0, errno == EINTR { continue }
      guard count >= 0 else { throw LedgerError.refused("copy to", path) }
      if count == 0 { return }
      unsafe try output.write(UnsafeRawBufferPointer(rebasing: piece[..<count]))
      observe(TransferProgress(stage: .copying, done: output.byteCount, total: max(output.byteCount, total)))
    }
  }

  /// Why the copying thread failed, if it did.
  private final class Shared: Sendable {
    private let state = Mutex<LMDBError?>(nil)
    var failure: LMDBError? { state.withLock { $0 } }
    func fail(_ error: LMDBError) { state.withLock { $0 = error } }
  }
}
