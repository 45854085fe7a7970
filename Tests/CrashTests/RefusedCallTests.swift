import CredentialLedger
import Glibc
import LedgerOperations
import LedgerTestSupport
import Testing

/// Files that the system will not open or map, and a folder of keys without room.
@Suite(.serialized) struct RefusedCallTests {
  let folder = TemporaryFolder()

  private func refusing(_ call: String, _ number: Int, _ error: Int32) throws -> [String] {
    [
      "LD_PRELOAD=\(try Program.file("libFaultyDisk.so"))", "FAULTY_CALL=\(call)", "FAULTY_NUMBER=\(number)",
      "FAULTY_ERROR=\(error)",
    ]
  }

  @Test(
    "What is not opened or mapped leaves no outcome unknown, and the ledger as it was",
    arguments: [("open", EMFILE), ("open", EACCES), ("mmap", ENOMEM), ("mmap", EAGAIN)])
  func opening(call: String, error: Int32) async throws {
    let ledger = try await CrashedLedger(at: "\(folder.path)/ledger")
    var refused = 0
    for number in 1...12 {
      let before = try await ledger.head()
      let child = try ChildProcess("LedgerCrashChild", ledger.work, environment: try refusing(call, number, error))
      var lines: [Substring] = []
      while lines.count < 40, case let more = child.read(), !more.isEmpty { lines += more }
      lines += child.kill()
      let codes = Set(lines.filter { $0.hasPrefix("stopped ") }.map { $0.dropFirst(8) })
      #expect(!codes.contains("outcome_unknown") && !codes.contains("damaged"), "\(call) \(number): \(codes)")
      if !codes.isEmpty { refused += 1 }
      try await ledger.expectInvariant(before: before, lines, verifying: number == 12, "\(call) \(number)")
    }
    #expect(call == "mmap" || refused > 3, "\(call) was refused \(refused) times")
  }

  @Test(
    "A ledger whose making is refused is not there, or there whole, and the next run goes on",
    arguments: ["open", "mmap"])
  func making(call: String) async throws {
    var refused = 0
    for number in 1...24 {
      let place = "\(folder.path)/\(call)-\(number)"
      #expect(unsafe mkdir(place, 0o700) == 0)
      let child = try ChildProcess(
        "LedgerCrashChild", ["create", place], environment: try refusing(call, number, call == "open" ? EMFILE : ENOMEM)
      )
      var lines: [Substring] = []
      while lines.count < 3, case let more = child.read(), !more.isEmpty { lines += more }
      lines += child.kill()
      let said = lines.first { $0.hasPrefix("stopped ") }
      #expect(said != "stopped outcome_unknown", "\(number): \(lines)")
      guard said != nil, !lines.contains("created 0") else { continue }
      refused += 1
      if TemporaryFolder.names(in: "\(place)/0") == nil {
        let made = try await Ledger.create(at: "\(place)/0", origin: "crash.example.org", CrashedLedger.configuration)
        await made.close()
      }
      let ledger = try await Ledger.open(at: "\(place)/0", CrashedLedger.configuration)
      #expect(try ledger.head() == 1, "\(number)")
      await ledger.close()
      #expect(TemporaryFolder.names(in: place) == ["0"], "\(number): \(TemporaryFolder.names(in: place) ?? [])")
      TemporaryFolder.remove(place)
    }
    #expect(call == "mmap" || refused > 6, "\(call) was refused \(refused) times")
  }

  @Test(
    "A restore or an import that is refused leaves nothing, or a whole ledger, and is made by the next",
    arguments: ["restore", "import"], ["open", "mmap"])
  func restoring(command: String, call: String) async throws {
    let made = try await CrashedLedger(at: "\(folder.path)/ledger")
    let ledger = try await Ledger.open(at: made.path, CrashedLedger.configuration)
    _ = try await ledger.backups.make(at: "\(folder.path)/backup", keys: "\(folder.path)/keys")
    _ = try await ledger.backups.export(toFile: "\(folder.path)/lines")
    await ledger.close()
    let source = command == "import" ? "\(folder.path)/lines" : "\(folder.path)/backup"
    var refused = 0
    let kept = try #require(TemporaryFolder.names(in: folder.path))
    let target = "\(folder.path)/again"
    for number in stride(from: 1, through: 19, by: 2) {
      let restore = [command, source, "--keys", "\(folder.path)/keys", "--ledger", target]
      let child = try ChildProcess(
        "credledger", restore, environment: try refusing(call, number, call == "open" ? EMFILE : ENOMEM))
      let status = child.end(by: 0)
      refused += status == 0 ? 0 : 1
      if TemporaryFolder.names(in: target) == nil {
        #expect(status != 0, "\(call) \(number)")
        let names = TemporaryFolder.names(in: folder.path)
        #expect(names == kept, "\(call) \(number): \(names ?? [])")
        let again = try runProgram(restore)
        #expect(again.status == 0, "\(call) \(number): \(again.error)")
      }
      let restored = try await Ledger.open(at: target, CrashedLedger.configuration)
      #expect(try await restored.integrity.verify().projectionsMatch, "\(call) \(number)")
      await restored.close()
      TemporaryFolder.remove(target)
    }
    #expect(call == "mmap" || refused > 4, "\(call) was refused \(refused) times")
  }

  // MARK: A full disk of keys

  private func fill(_ disk: String) -> String {
    let filler = "\(disk)/filler"
    let descriptor = unsafe open(filler, O_WRONLY | O_CREAT | O_TRUNC, 0o600)
    defer { close(descriptor) }
    let page = [UInt8](repeating: 1, count: 4_096)
    while unsafe page.withUnsafeBytes({ unsafe write(descriptor, $0.baseAddress, $0.count) }) > 0 {}
    return filler
  }

  @Test(
    "Without room for keys a person is refused whole, and an erasure says that it is recorded",
    .enabled(if: Program.canMount, "a full disk needs the right to mount one"))
  func fullKeys() async throws {
    let (disk, path) = ("\(folder.path)/disk", "\(folder.path)/ledger")
    #expect(unsafe mkdir(disk, 0o700) == 0)
    try #require(Program.run("mount", ["-t", "tmpfs", "-o", "size=1m,mode=0700", "tmpfs", disk]))
    defer { _ = Program.run("umount", ["-l", disk]) }
    let made = try await Ledger.create(at: path, origin: "crash.example.org", CrashedLedger.configuration)
    let account = try await made.accounts.signIn(issuer: "https://id.example.org", subject: "a", name: "Ada").account
    await made.close()
    try #require(Program.run("mv", ["\(path)/keys", "\(disk)/keys"]))
    #expect(unsafe symlink("\(disk)/keys", "\(path)/keys") == 0)
    let ledger = try await Ledger.open(at: path, CrashedLedger.configuration)
    let filler = fill(disk)
    // A key may find room at the end of a file that is there; of several one is in a file of its own.
    var refused: LedgerError?
    var head = try ledger.head()
    for number in 0..<8 where refused == nil {
      head = try ledger.head()
      do throws(LedgerError) {
        _ = try await ledger.accounts.signIn(issuer: "https://id.example.org", subject: "full-\(number)")
      } catch { refused = error }
    }
    #expect(refused?.code == .diskFull, "\(String(describing: refused))")
    #expect(try ledger.head() == head)
    let erasing = await #expect(throws: LedgerError.self) {
      try await ledger.people.erase(account, by: Requester.operator)
    }
    #expect(erasing?.code == .diskFull && erasing?.field == "keys", "\(String(describing: erasing))")
    #expect(erasing?.reason.contains("the erasure is recorded") == true)
    #expect(try await ledger.accounts.reveal(account, under: .withoutRecord(for: ledger)) == nil)
    TemporaryFolder.remove(filler)
    try await ledger.people.erase(account, by: Requester.operator)
    _ = try await ledger.accounts.signIn(issuer: "https://id.example.org", subject: "later")
    #expect(try await ledger.integrity.verify().projectionsMatch)
    await ledger.close()
  }
}
