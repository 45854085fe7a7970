import Glibc
import LedgerFiles
import TestSupport
import Testing

@Suite("Folders")
struct FolderTests {
  private let folder = TemporaryFolder()

  @Test("A folder is made for its owner alone, and once")
  func made() throws {
    #expect(try Files.create("\(folder.path)/one"))
    #expect(mode(of: "\(folder.path)/one") == 0o700)
    #expect(try !Files.create("\(folder.path)/one"))
    let error = refusal { () throws(FileError) in _ = try Files.create("\(folder.path)/none/one") }
    #expect(error?.number == ENOENT)
  }

  @Test("Folders above are made where they are missing, and the empty ones go again")
  func above() throws {
    let path = "\(folder.path)/a/b/c"
    let missing = Files.missing(above: path)
    #expect(missing == ["\(folder.path)/a/b", "\(folder.path)/a"])
    try Files.makeIfMissing(path)
    try Files.makeIfMissing(path)
    #expect(Files.isFolder(path))
    Files.removeEmpty([path] + missing)
    #expect(Files.names(in: folder.path) == [])
  }

  @Test("A listing through a link is told from one of a folder itself")
  func links() throws {
    try Files.make("\(folder.path)/real/inside")
    let link = "\(folder.path)/link"
    try #require(unsafe symlink("\(folder.path)/real", link) == 0)
    #expect(Files.names(in: link) == nil)
    #expect(try Files.list(link) == ["inside"])
    #expect(try Files.list("\(folder.path)/none") == nil)
    Files.remove(link)
    #expect(Files.isFolder("\(folder.path)/real/inside") && !Files.exists(link))
  }

  @Test(
    "A path is split and made absolute",
    arguments: [("/a/b/", "/a", "b"), ("/a", "/", "a"), ("a", ".", "a"), ("/", "/", "")])
  func paths(path: String, parent: String, name: String) {
    #expect(Files.parent(of: path) == parent)
    #expect(Files.name(of: path) == name)
  }

  @Test("A path that leads to nothing is absolute as far as it exists")
  func absolute() throws {
    let real = Files.absolute(folder.path)
    #expect(Files.absolute("\(folder.path)/none/x/../y/.") == "\(real)/none/y")
    try #require(unsafe symlink(folder.path, "\(folder.path)/self") == 0)
    #expect(Files.absolute("\(folder.path)/self/none") == "\(real)/none")
  }

  @Test("Files are told by their paths in the folder, in order")
  func files() throws {
    for path in ["b", "a/z", "a/c/d"] {
      try Files.makeIfMissing(Files.parent(of: "\(folder.path)/\(path)"))
      try Whole.create("\(folder.path)/\(path)", with: [1, 2, 3])
    }
    #expect(Files.files(in: folder.path) == ["a/c/d", "a/z", "b"])
    #expect(Files.byteCount("\(folder.path)/b") == 3 && Files.byteCount("\(folder.path)/none") == 0)
    #expect(Files.bytesOnDisk(folder.path) > 0)
    #expect(try #require(Files.freeBytes(at: folder.path)) > 0 && Files.freeBytes(at: "\(folder.path)/none") == nil)
  }
}
