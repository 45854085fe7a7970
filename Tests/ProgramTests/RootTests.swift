import Glibc
import LedgerTestSupport
import Testing

/// Root at work on another user's ledger, who goes on with it afterwards.
@Suite(.enabled(if: geteuid() == 0, "only root works on files of another user"))
struct RootTests {
  private let folder = TemporaryFolder()
  private let user: uid_t = 54_321
  private var path: String { "\(folder.path)/ledger" }

  private func entries(_ folder: String) -> [String] {
    [folder] + (TemporaryFolder.names(in: folder) ?? []).flatMap { entries("\(folder)/\($0)") }
  }

  @Test("Nothing becomes roots") func nothingBecomesRoots() throws {
    let witness = "\(folder.path)/witness"
    let made = try runProgram(["simulate", "--ledger", path, "--events", "60", "--seed", "7"])
    try #require(made.status == 0, "\(made.error)")
    #expect(try runProgram(["checkpoint", "--ledger", path, "--witness-file", witness]).status == 0)
    // As after a restore by copying files.
    for name in ["lock.mdb", "writer.lock"] { TemporaryFolder.remove("\(path)/ledger/\(name)") }
    for entry in entries(folder.path) { try #require(unsafe lchown(entry, user, user) == 0) }
    for arguments in [
      ["key", "rotate-signing"], ["key", "rotate-master"], ["snapshot", "make"], ["erase", "2", "--yes"], ["verify"],
    ] {
      let done = try runProgram(arguments + ["--ledger", path, "--witness-file", witness])
      #expect(done.status == 0, "\(arguments): \(done.error)")
    }
    for entry in entries(folder.path) {
      var status = stat()
      #expect(unsafe lstat(entry, &status) == 0)
      #expect(status.st_uid == user, "\(entry)")
    }
  }
}
