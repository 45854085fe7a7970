import CredentialLedger
import Glibc
import LedgerOperations
import Synchronization

/// A ledger filled with tokens by 1,024 callers, some of which are kept in a file beside it for validating.
enum Filling {
  static let callers = 1_024
  /// How many tokens are kept at most: as many as are drawn from in a measurement.
  static let keptLimit = 1_000_000
  /// A kept token's size in the file: its text and a line end.
  static func file(of folder: String) -> String { folder + ".tokens" }

  /// - Parameter early: the rate up to so many tokens, and that of as many at the end, are told too.
  static func run(_ count: Int, early: Int, in folder: String) async throws -> [(String, Double)] {
    let clients = try await Clients(in: folder)
    let before = try await clients.ledger.integrity.statistics().bytesOnDisk
    // Tokens, if only of a ledger that is made up: for the owner alone.
    let descriptor = unsafe open(file(of: folder), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
    guard descriptor >= 0, let file = unsafe fdopen(descriptor, "w") else { throw POSIXFailure(errno: errno) }
    defer { unsafe fclose(file) }
    let stride = max(1, count / keptLimit)
    let kept = unsafe Kept(file)
    let progress = Progress()
    try await withThrowingTaskGroup(of: Void.self) { group in
      for _ in 0..<callers {
        group.addTask {
          while true {
            let number = progress.next.wrappingAdd(1, ordering: .relaxed).oldValue
            if number == 0 || number == early || number == count - early || number == count {
              progress.marks.withLock { $0[number] = ContinuousClock.now }
            }
            guard number < count else { return }
            let token = try await clients.issue(number)
            if number % stride == 0 { kept.keep(token.text) }
            if number % 100_000 == 0 { progress.memory.max(Int(anonymousMemory()), ordering: .relaxed) }
          }
        }
      }
      try await group.waitForAll()
    }
    let end = ContinuousClock.now
    progress.memory.max(Int(anonymousMemory()), ordering: .relaxed)
    await clients.ledger.close()
    let taken = progress.marks.withLock { $0 }
    func rate(_ tokens: Int, from first: Int, to last: ContinuousClock.Instant?) -> Double {
      guard let begun = taken[first], let last else { return 0 }
      return Double(tokens) / seconds(last - begun)
    }
    let reader = try await Ledger.openForReading(at: folder, .benchmark)
    let after = try await reader.integrity.statistics().bytesOnDisk
    await reader.close()
    return [
      ("rate", rate(count, from: 0, to: end)), ("early", rate(early, from: 0, to: taken[early])),
      ("late", rate(early, from: count - early, to: end)),
      ("bytesPerToken", (Double(after) - Double(before)) / Double(count)),
      ("anonymousBytes", Double(progress.memory.load(ordering: .relaxed))),
    ]
  }

  /// Reads the tokens that were kept.
  static func kept(in folder: String) throws -> [String] {
    guard let file = unsafe fopen(file(of: folder), "r") else { throw POSIXFailure(errno: errno) }
    defer { unsafe fclose(file) }
    var tokens: [String] = []
    var line = [CChar](repeating: 0, count: 256)
    while unsafe fgets(&line, 256, file) != nil {
      tokens.append(String(decoding: line.prefix { $0 != 0 && $0 != 10 }.map { UInt8(bitPattern: $0) }, as: UTF8.self))
    }
    return tokens
  }
}

/// How far the callers have come together.
private final class Progress: Sendable {
  let next = Atomic<Int>(0)
  /// The most memory outside the map, in bytes.
  let memory = Atomic<Int>(0)
  /// When certain tokens were asked for.
  let marks = Mutex<[Int: ContinuousClock.Instant]>([:])
}

/// Writes the tokens that are kept.
///
/// `@unchecked Sendable`: a stream of the C library locks itself around each call, and it is closed after every caller.
@safe private final class Kept: @unchecked Sendable {
  private let file: UnsafeMutablePointer<FILE>

  init(_ file: UnsafeMutablePointer<FILE>) { unsafe self.file = unsafe file }

  func keep(_ token: String) { unsafe fputs(token + "\n", file) }
}

/// A call of the system failed.
struct POSIXFailure: Error {
  let errno: Int32
}
