import CredentialLedger
import Glibc
import LedgerTestSupport

/// A ledger on disk, closed, to be proved by the program.
struct ProvenLedger {
  let folder = TemporaryFolder()
  let path: String
  /// The public key that was noted when it was made.
  let key: String

  /// - Parameter events: how many there are at the least.
  init(events: Int = 1) async throws {
    path = folder.path + "/ledger"
    let ledger = try await Ledger.create(at: path, origin: "ledger.example.org", Self.configuration)
    key = try ledger.verifierKey
    try await Self.grow(ledger, to: events)
    await ledger.close()
  }

  static let configuration = LedgerConfiguration()

  /// A path in the ledger's temporary folder.
  func file(_ name: String) -> String { "\(folder.path)/\(name)" }

  /// Appends events until there are so many.
  func grow(to events: Int) async throws {
    let ledger = try await Ledger.open(at: path, Self.configuration)
    try await Self.grow(ledger, to: events)
    await ledger.close()
  }

  private static func grow(_ ledger: Ledger, to events: Int) async throws {
    let head = Int(try ledger.head().rawValue)
    try await withThrowingTaskGroup(of: Void.self) { group in
      for number in 0..<max(0, events - head) {
        group.addTask {
          _ = try await ledger.accounts.signIn(issuer: "https://id.example.org", subject: "\(head)-\(number)")
        }
      }
      try await group.waitForAll()
    }
  }

  /// Runs the program on this ledger.
  func run(_ arguments: String..., environment: [String] = []) throws -> ProgramResult {
    try run(arguments, environment: environment)
  }

  func run(_ arguments: [String], environment: [String] = []) throws -> ProgramResult {
    try runProgram(arguments + ["--ledger", path], environment: environment)
  }

  /// Runs the second verifier.
  func check(_ what: String, _ path: String, _ more: String...) throws -> ProgramResult {
    try runProgram([what, path, "--key", key] + more, of: Repository.path + "/Tools/checks/verify-proofs")
  }
}

/// Files as tests change them.
enum TestFile {
  static func write(_ content: [UInt8], to path: String) {
    let descriptor = unsafe open(path, O_WRONLY | O_CREAT | O_TRUNC, 0o600)
    defer { close(descriptor) }
    var rest = content[...]
    while !rest.isEmpty {
      let count = unsafe rest.withUnsafeBytes { unsafe Glibc.write(descriptor, $0.baseAddress, $0.count) }
      guard count > 0 else { return }
      rest = rest.dropFirst(count)
    }
  }

  static func read(_ path: String) throws -> [UInt8] { try DurableFile.read(path, limit: .max) ?? [] }

  static func text(_ path: String) throws -> String { String(decoding: try read(path), as: UTF8.self) }

  /// What tells a file that was replaced: its number on the disk; nil if there is none.
  static func identity(_ path: String) -> UInt64? {
    var status = stat()
    return unsafe lstat(path, &status) == 0 ? UInt64(status.st_ino) : nil
  }
}

/// The source tree.
enum Repository {
  /// Its top.
  static let path = #filePath.split(separator: "/", omittingEmptySubsequences: false).dropLast(3).joined(separator: "/")
}
