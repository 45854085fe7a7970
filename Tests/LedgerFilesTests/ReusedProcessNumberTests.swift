import Glibc
import LedgerFiles
import TestSupport
import Testing

/// A draft is left alone as long as its process is there; another process or thread of the same number is not that one.
@Suite("Temporary files of processes that are gone")
struct ReusedProcessNumberTests {
  let folder = TemporaryFolder()

  private func draft(of process: pid_t, began: UInt64) throws -> String {
    let name = "lines.new-\(process)-\(began)-7"
    try Whole.create("\(folder.path)/\(name)", with: [1])
    return name
  }

  @Test("A number that another process or thread has by now does not keep a draft")
  func reusedNumber() throws {
    let parent = getppid()
    let start = try #require(try Self.start(of: parent))
    let alive = try draft(of: parent, began: start)
    let reused = try draft(of: parent, began: start - 1)
    let own = try draft(of: getpid(), began: 1)
    // A thread of this process, whose number no process has.
    let thread = try #require(TemporaryFolder.names(in: "/proc/self/task")?.compactMap { pid_t($0) }.max())
    let ofThread = try draft(of: thread, began: 1)
    let older = "lines.new-\(parent)-7"
    try Whole.create("\(folder.path)/\(older)", with: [1])
    TemporaryFiles.sweep(beside: "\(folder.path)/lines")
    let left = try #require(TemporaryFolder.names(in: folder.path))
    #expect(Set(left) == [alive, older], "\(left)")
    #expect(!left.contains(reused) && !left.contains(own) && !left.contains(ofThread))
  }

  private static func start(of process: pid_t) throws -> UInt64? {
    let text = String(decoding: try Handle.open("/proc/\(process)/stat", O_RDONLY).read(4_096), as: UTF8.self)
    let fields = text[text.index(after: try #require(text.lastIndex(of: ")")))...].split(separator: " ")
    return UInt64(fields[19])
  }
}
