import Glibc
import LedgerFiles
import TestSupport
import Testing

@Suite("Files that are replaced whole")
struct DurableFileTests {
  private let folder = TemporaryFolder()
  private var path: String { "\(folder.path)/file" }

  @Test("A file has the new content and its mode, and nothing is left beside it")
  func replaced() throws {
    #expect(try Whole.read(path, limit: 10) == nil)
    try Whole.replace(path, with: [1, 2, 3])
    #expect(try Whole.read(path, limit: 3) == [1, 2, 3] && mode(of: path) == 0o600)
    try Whole.replace(path, with: [4], mode: 0o640)
    #expect(try Whole.read(path, limit: 3) == [4] && mode(of: path) == 0o640)
    #expect(Files.names(in: folder.path) == ["file"])
  }

  @Test("A file that cannot be replaced stays as it was")
  func kept() throws {
    try #require(unsafe mkdir(path, 0o700) == 0)
    try Whole.replace("\(path)/inside", with: [7])
    #expect(refusal { () throws(FileError) in try Whole.replace(path, with: [1]) }?.number == EISDIR)
    #expect(try Whole.read("\(path)/inside", limit: 1) == [7])
    #expect(Files.names(in: folder.path) == ["file"])
  }

  @Test("A file of more bytes than its limit is refused")
  func tooLarge() throws {
    try Whole.replace(path, with: [1, 2, 3])
    let error = refusal { () throws(FileError) in _ = try Whole.read(path, limit: 2) }
    #expect(error == FileError("read", path, .tooLarge(limit: 2)))
  }

  @Test("A file that is to be new takes nobody's name, a dangling link's included")
  func new() throws {
    try Whole.create(path, with: [1])
    #expect(refusal { () throws(FileError) in try Whole.create(path, with: [2]) }?.reason == .taken)
    #expect(try Whole.read(path, limit: 1) == [1])
    let link = "\(folder.path)/link"
    try #require(unsafe symlink("\(folder.path)/nothing", link) == 0)
    #expect(refusal { () throws(FileError) in try Whole.create(link, with: [2]) }?.reason == .taken)
    #expect(!Files.exists("\(folder.path)/nothing"))
  }

  @Test("A draft that is given up leaves nothing, and one that is published meets no name that came meanwhile")
  func drafts() throws {
    do {
      let draft = try DraftFile<FileError>(for: path)
      try draft.write([1])
      #expect(Files.names(in: folder.path)?.count == 1 && !Files.exists(path))
    }
    #expect(Files.names(in: folder.path) == [])
    let draft = try DraftFile<FileError>(for: path)
    try Whole.replace(path, with: [2])
    #expect(refusal { () throws(FileError) in try draft.publish() }?.number == EEXIST)
    #expect(try Whole.read(path, limit: 1) == [2])
  }
}
