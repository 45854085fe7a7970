import CredentialLedger
import Glibc
import LedgerOperations
import LedgerTestSupport
import Testing

/// Disks that fail or are full, maps that are too small, tasks that are cancelled.
@Suite(.serialized) struct FaultTests {
  let folder = TemporaryFolder()

  // MARK: A disk that fails

  @Test(
    "After a failed write nothing more is acknowledged, and opening again finds everything that was",
    arguments: ["pwrite", "writev", "pwritev", "fdatasync"])
  func failingCalls(call: String) async throws {
    let ledger = try await CrashedLedger(at: "\(folder.path)/\(call)")
    var reached = 0
    for number in [1, 2, 3, 5, 8, 13, 40, 100] {
      let before = try await ledger.head()
      let child = try ChildProcess("LedgerCrashChild", ledger.work, environment: try failing(call, number, EIO))
      // A call that LMDB never makes never fails: then the child works on. One that stopped writing ends by itself.
      var lines: [Substring] = []
      var limit = 2_000
      while lines.count < limit {
        let more = child.read()
        if more.isEmpty { break }
        lines += more
        if more.contains(where: { $0.hasPrefix("stopped ") }) { limit = min(limit, lines.count + 300) }
      }
      lines += child.kill()
      if let stop = lines.firstIndex(where: { $0.hasPrefix("stopped ") }) {
        reached += 1
        let codes = Set(lines.filter { $0.hasPrefix("stopped ") }.map { $0.dropFirst(8) })
        #expect(codes.isSubset(of: ["outcome_unknown", "writing_stopped", "storage"]), "\(call) \(number): \(codes)")
        // Answers of the commit before may still come; nothing else does.
        let late = lines[stop...].compactMap { CrashedLedger.Acknowledged($0) }.reduce(0) { $0 + $1.count }
        #expect(late <= CrashedLedger.inFlight, "\(call) \(number)")
      }
      try await ledger.expectInvariant(before: before, lines, verifying: true, "\(call) \(number)")
    }
    // LMDB syncs at every commit; which call writes pages depends on how they lie.
    #expect(call != "fdatasync" && call != "pwrite" || reached > 0, "\(call) was never called")
  }

  /// The environment of a process whose disk fails once.
  private func failing(_ call: String, _ number: Int, _ error: Int32) throws -> [String] {
    [
      "LD_PRELOAD=\(try Program.file("libFaultyDisk.so"))", "FAULTY_CALL=\(call)", "FAULTY_NUMBER=\(number)",
      "FAULTY_ERROR=\(error)",
    ]
  }

  // MARK: A full disk

  @Test(
    "A commit for which there was no room is refused cleanly, and the next one is done",
    arguments: ["writev", "fdatasync"])
  func noRoomOnce(call: String) async throws {
    let ledger = try await CrashedLedger(at: "\(folder.path)/room-\(call)")
    for number in [20, 40, 80] {
      let before = try await ledger.head()
      let child = try ChildProcess("LedgerCrashChild", ledger.work, environment: try failing(call, number, ENOSPC))
      var lines: [Substring] = []
      var limit = 20_000
      while lines.count < limit {
        let more = child.read()
        if more.isEmpty { break }
        lines += more
        if limit == 20_000, more.contains(where: { $0.hasPrefix("stopped ") }) { limit = lines.count + 500 }
      }
      lines += child.kill()
      // A member whose removal was refused is still there when the child adds it again: the rules say `conflict`.
      let codes = Set(lines.filter { $0.hasPrefix("stopped ") }.map { $0.dropFirst(8) }).subtracting(["conflict"])
      #expect(codes == ["disk_full"], "\(call) \(number)")
      let end = lines.lastIndex { $0.hasPrefix("stopped ") } ?? lines.endIndex
      let later = lines[end...].compactMap { CrashedLedger.Acknowledged($0) }
      // More than the answers of the commit before that may still come.
      #expect(later.count > CrashedLedger.inFlight, "\(call) \(number): writing did not go on")
      try await ledger.expectInvariant(before: before, lines, verifying: true, "\(call) \(number)")
    }
  }

  @Test(
    "A full disk refuses writing cleanly, reads go on, and writing resumes when there is room",
    .enabled(if: Program.canMount, "a full disk needs the right to mount one"))
  func fullDisk() async throws {
    let disk = "\(folder.path)/disk"
    #expect(unsafe mkdir(disk, 0o700) == 0)
    try #require(run("mount", "-t", "tmpfs", "-o", "size=6m,mode=0700", "tmpfs", disk))
    defer { _ = run("umount", "-l", disk) }
    let crashed = try await CrashedLedger(at: "\(disk)/ledger")
    let ledger = try await Ledger.open(at: crashed.path, CrashedLedger.configuration)
    let connector = try #require(PublicID(crashed.credentials[0]))
    let secret = ConnectorSecret(crashed.credentials[1])
    let refresh = RefreshToken(crashed.credentials[2])
    let (tokens, failure) = await issueUntilRefused(by: ledger, connector, secret, refresh)
    #expect(failure?.code == .diskFull, "\(failure.map { "\($0)" } ?? "the disk never filled up")")
    let head = try ledger.head()
    for token in tokens.suffix(500) { #expect(try ledger.tokens.validate(token.accessToken).isValid) }
    #expect(try await !ledger.audit.latest(50).isEmpty)
    #expect(head >= Position(UInt64(tokens.count)))

    // Room again, while the ledger stays open.
    #expect(run("mount", "-o", "remount,size=64m", disk))
    let token = try await ledger.tokens.issue(connector: connector, secret: secret, refreshToken: refresh)
    #expect(token.handle.position > head)
    #expect(try await ledger.integrity.verify().projectionsMatch)
    await ledger.close()
  }

  /// Issues tokens, 64 at once, until one is refused.
  private func issueUntilRefused(
    by ledger: Ledger, _ connector: PublicID, _ secret: ConnectorSecret, _ refresh: RefreshToken
  ) async -> (tokens: [Tokens.Issued], failure: LedgerError?) {
    var tokens: [Tokens.Issued] = []
    var failure: LedgerError?
    while failure == nil, tokens.count < 100_000 {
      await withThrowingTaskGroup(of: Tokens.Issued.self) { group in
        for _ in 0..<64 {
          group.addTask {
            try await ledger.tokens.issue(connector: connector, secret: secret, refreshToken: refresh)
          }
        }
        while let result = await group.nextResult() {
          do { tokens.append(try result.get()) } catch { failure = error as? LedgerError }
        }
      }
    }
    return (tokens, failure)
  }

  // MARK: Growth

  @Test("The map grows under load from writers and readers, and nothing is lost")
  func growth() async throws {
    var configuration = CrashedLedger.configuration
    configuration.mapSize = 1 << 20
    let crashed = try await CrashedLedger(at: "\(folder.path)/growing", configuration)
    let ledger = try await Ledger.open(at: crashed.path, configuration)
    let small = try await ledger.integrity.statistics().mapSize
    let connector = try #require(PublicID(crashed.credentials[0]))
    let (secret, refresh) = (ConnectorSecret(crashed.credentials[1]), RefreshToken(crashed.credentials[2]))
    let handles = try await withThrowingTaskGroup(of: [UInt64].self) { group in
      for _ in 0..<64 {
        group.addTask {
          var handles: [UInt64] = []
          for _ in 0..<300 {
            let token = try await ledger.tokens.issue(connector: connector, secret: secret, refreshToken: refresh)
            #expect(try ledger.tokens.validate(token.accessToken).isValid)
            handles.append(token.handle.rawValue)
          }
          return handles
        }
      }
      for _ in 0..<4 {
        group.addTask {
          for _ in 0..<100 { _ = try await ledger.audit.latest(50, of: .type(.tokenIssued)) }
          return []
        }
      }
      return try await group.reduce(into: []) { $0 += $1 }
    }
    #expect(Set(handles).count == 64 * 300)
    #expect(try await ledger.integrity.statistics().mapSize >= small * 4)
    #expect(try await ledger.integrity.verify().projectionsMatch)
    await ledger.close()
  }

  @Test("A map that may not grow any more refuses cleanly, and reads go on")
  func limitOfGrowth() async throws {
    var configuration = CrashedLedger.configuration
    configuration.mapSize = 1 << 20
    configuration.maximumMapSize = 2 << 20
    let crashed = try await CrashedLedger(at: "\(folder.path)/limited", configuration)
    let ledger = try await Ledger.open(at: crashed.path, configuration)
    let connector = try #require(PublicID(crashed.credentials[0]))
    let (secret, refresh) = (ConnectorSecret(crashed.credentials[1]), RefreshToken(crashed.credentials[2]))
    let (tokens, failure) = await issueUntilRefused(by: ledger, connector, secret, refresh)
    #expect(failure?.code == .diskFull)
    let token = try #require(tokens.max { $0.handle.rawValue < $1.handle.rawValue })
    #expect(try ledger.tokens.validate(token.accessToken).isValid)
    #expect(try ledger.head() == token.handle.position)
    await ledger.close()
    try await crashed.expectInvariant(before: token.handle.position, [], verifying: true, "after the limit")
  }

  // MARK: Cancellation

  @Test("A cancelled task gets one answer, and what was queued is done or was refused, never half")
  func cancellation() async throws {
    let crashed = try await CrashedLedger(at: "\(folder.path)/cancelled")
    let ledger = try await Ledger.open(at: crashed.path, CrashedLedger.configuration)
    let before = try ledger.head()
    let connector = try #require(PublicID(crashed.credentials[0]))
    let (secret, refresh) = (ConnectorSecret(crashed.credentials[1]), RefreshToken(crashed.credentials[2]))
    var random = SeededRandom(stream: 3)
    var issued = 0
    var cancelled = 0
    for _ in 0..<200 {
      let tasks = (0..<16).map { _ in
        Task { try await ledger.tokens.issue(connector: connector, secret: secret, refreshToken: refresh) }
      }
      if Bool.random(using: &random) { await Task.yield() }
      for task in tasks where Bool.random(using: &random) { task.cancel() }
      for task in tasks {
        do {
          _ = try await task.value
          issued += 1
        } catch {
          #expect((error as? LedgerError)?.code == .cancelled, "seed \(testSeed)")
          cancelled += 1
        }
      }
    }
    #expect(issued + cancelled == 200 * 16)
    // An answer is an event, and no event is without its answer.
    #expect(try ledger.head() == before + UInt64(issued), "seed \(testSeed)")
    #expect(try await ledger.integrity.verify().projectionsMatch)
    await ledger.close()
  }

  /// Runs a program of the system; false if it fails, or is missing.
  private func run(_ program: String, _ arguments: String...) -> Bool {
    Program.run(program, arguments)
  }
}
