import Glibc
import LedgerFiles
import TestSupport
import Testing

@Suite("Open files and folders")
struct FileHandleTests {
  private let folder = TemporaryFolder()
  private var path: String { "\(folder.path)/file" }

  @Test("A file that is created is its owner's alone, and no name is taken over")
  func created() throws {
    let isNew = try Handle.create(path) != nil
    #expect(isNew && mode(of: path) == 0o600)
    let again = try Handle.create(path) == nil
    #expect(again)
    try #require(unsafe symlink("\(folder.path)/elsewhere", "\(folder.path)/link") == 0)
    let throughLink = try Handle.create("\(folder.path)/link") == nil
    #expect(throughLink && !Files.exists("\(folder.path)/elsewhere"))
  }

  @Test("What is written at a place is read there, and less at the end of the file")
  func placed() throws {
    _ = try Handle.create(path)
    let file = try Handle.open(path, O_RDWR)
    try file.write([1, 2, 3, 4, 5])
    try file.write([9, 9], at: 4)
    #expect(try file.read(3) == [1, 2, 3])
    #expect(try file.read(100, at: 3) == [4, 9, 9])
    #expect(try file.read(1, at: 100).isEmpty)
    try file.truncate(to: 2)
    #expect(try file.status().st_size == 2)
  }

  @Test("One holder alone has the lock, until that one gives it back or goes")
  func locked() throws {
    _ = try Handle.create(path)
    let second = try Handle.open(path, O_RDONLY)
    do {
      let first = try Handle.open(path, O_RDONLY)
      #expect(try first.lock())
      #expect(try !second.lock())
      first.unlock()
      #expect(try second.lock())
      second.unlock()
      #expect(try first.lock())
    }
    #expect(try second.lock())
  }

  @Test("A descriptor does not go on to programs that are started, and ends with its owner")
  func closed() throws {
    let number: Int32
    do {
      let file = try Handle.open(folder.path, O_RDONLY | O_DIRECTORY)
      number = file.number
      #expect(fcntl(number, F_GETFD) == FD_CLOEXEC)
    }
    // Another test may have the number by now, but not for this folder.
    let target = "/proc/self/fd/\(number)"
    var buffer = [CChar](repeating: 0, count: 4_096)
    let count = unsafe readlink(target, &buffer, buffer.count)
    let place = count < 0 ? "" : String(decoding: buffer.prefix(count).map { UInt8(bitPattern: $0) }, as: UTF8.self)
    #expect(place != folder.path)
  }

  @Test("Nothing under a name is told from a name that may not be looked at")
  func absent() throws {
    let isThere = try Handle.openIfPresent(path, O_RDONLY) != nil
    #expect(!isThere)
    try #require(unsafe symlink(path, path) == 0)
    let error = refusal { () throws(FileError) in _ = try Handle.openIfPresent(path, O_RDONLY) }
    #expect(error?.number == ELOOP)
  }
}
