import Glibc
import LedgerTestSupport
import Testing

/// What the program says of a disk that is full: that, and nothing of the ledger.
@Suite struct FullDiskTests {
  private let folder = TemporaryFolder()
  private var disk: String { "\(folder.path)/disk" }
  private var ledger: String { "\(disk)/ledger" }

  /// Fills the disk, but for some bytes.
  private func fill(butFor bytes: Int) {
    let filler = "\(disk)/filler"
    TemporaryFolder.remove(filler)
    let descriptor = unsafe open(filler, O_WRONLY | O_CREAT | O_TRUNC, 0o600)
    defer { close(descriptor) }
    let page = [UInt8](repeating: 1, count: 4_096)
    var count = 0
    while case let written = unsafe page.withUnsafeBytes({ unsafe write(descriptor, $0.baseAddress, $0.count) }),
      written > 0
    { count += written }
    ftruncate(descriptor, off_t(count - bytes))
  }

  private static let hasMemory = unsafe access("/dev/shm", W_OK) == 0

  @Test(
    "What cannot be written on is read with memory",
    .enabled(if: Program.canMount && hasMemory, "a read-only disk needs the right to mount one"))
  func cannotWritten() throws {
    #expect(unsafe mkdir(disk, 0o700) == 0)
    try #require(Program.run("mount", ["-t", "tmpfs", "-o", "size=6m,mode=0700", "tmpfs", disk]))
    defer { _ = Program.run("umount", ["-l", disk]) }
    let made = try runProgram(["simulate", "--ledger", ledger, "--events", "300", "--seed", "7"])
    try #require(made.status == 0, "\(made.error)")
    try #require(Program.run("mount", ["-o", "remount,ro", disk]))
    for arguments in [["verify"], ["state", "--as-of", "100"], ["diff", "100", "200"]] {
      let result = try runProgram(arguments + ["--ledger", ledger])
      #expect(result.status == 0, "\(arguments): \(result.error)")
    }
    // Nothing of this ledger: other tests have theirs there for a moment.
    var status = stat()
    #expect(unsafe stat(ledger, &status) == 0)
    let own = "ledger-\(status.st_dev)-\(status.st_ino)"
    let names = TemporaryFolder.names(in: "/dev/shm") ?? []
    #expect(!names.contains { $0.hasPrefix(own) }, "\(names)")
  }

  @Test(
    "No room beside a ledger says nothing of the ledger",
    .enabled(if: Program.canMount, "a full disk needs the right to mount one"))
  func roomBeside() throws {
    #expect(unsafe mkdir(disk, 0o700) == 0)
    try #require(Program.run("mount", ["-t", "tmpfs", "-o", "size=6m,mode=0700", "tmpfs", disk]))
    defer { _ = Program.run("umount", ["-l", disk]) }
    let made = try runProgram(["simulate", "--ledger", ledger, "--events", "300", "--seed", "7"])
    try #require(made.status == 0, "\(made.error)")
    // None; enough for the first file of the scratch folder; and for the second, but not for what comes into it.
    for bytes in [0, 4_096, 65_536, 98_304] {
      fill(butFor: bytes)
      for arguments in [
        ["verify"], ["replay", "--verify"], ["replay", "--profile"], ["state", "--as-of", "100"],
      ] where bytes < 98_304 || arguments[0] != "state" {
        let result = try runProgram(arguments + ["--ledger", ledger, "--scratch", disk])
        let note: Comment = "\(arguments), \(bytes) bytes: \(result.error)"
        #expect(result.status == 3, note)
        #expect(result.error.contains("[disk_full]"), note)
        #expect(!result.error.contains("damaged"), note)
        if arguments[0] != "state" { #expect(result.error.contains("the scratch folder"), note) }
        #expect(TemporaryFolder.names(in: disk) == ["filler", "ledger"], note)
      }
      // Without a folder named for it, memory serves.
      for arguments in [["verify"], ["replay", "--verify"], ["state", "--as-of", "100"], ["diff", "100", "200"]]
      where Self.hasMemory {
        let result = try runProgram(arguments + ["--ledger", ledger])
        #expect(result.status == 0, "\(arguments), \(bytes) bytes: \(result.error)")
        #expect(TemporaryFolder.names(in: disk) == ["filler", "ledger"], "\(arguments)")
      }
      // What needs no room is done.
      let counted = try runProgram(["stats", "--ledger", ledger])
      #expect(counted.status == 0, "\(counted.error)")
    }
    TemporaryFolder.remove("\(disk)/filler")
    let verified = try runProgram(["verify", "--ledger", ledger])
    #expect(verified.status == 0, "\(verified.error)")
  }
}
