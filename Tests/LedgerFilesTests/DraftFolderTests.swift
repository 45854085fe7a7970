import Glibc
import LedgerFiles
import TestSupport
import Testing

@Suite("Folders that take their name when they are whole")
struct DraftFolderTests {
  private let folder = TemporaryFolder()
  private var target: String { "\(folder.path)/target" }
  private var draft: String { "\(target).credledger-part" }

  private func begin(_ target: String, makingParents: Bool = false) throws(FileError) -> DraftFolder<FileError> {
    try DraftFolder(for: target, makingParents: makingParents) { (target) throws(FileError) in
      guard Files.names(in: target)?.isEmpty ?? true else { throw FileError("fill", target, .taken) }
    }
  }

  private func beginning(_ target: String) -> FileError? {
    refusal { () throws(FileError) in _ = try begin(target) }
  }

  @Test("The second is refused while the first is at work, and finds what that has made afterwards")
  func two() throws {
    let first = try begin(target)
    #expect(beginning(target) == FileError("fill", target, .inUse))
    _ = try begin("\(folder.path)/other")
    #expect(Files.names(in: first.path) == [] && mode(of: first.path) == 0o700)
    _ = try first.folder("content")
    try first.publish()
    #expect(beginning(target)?.reason == .taken)
    #expect(Files.names(in: folder.path) == ["target"])
  }

  @Test("One that was given up goes, with the folders above that were made for it")
  func abandoned() throws {
    let deep = "\(folder.path)/x/y/target"
    #expect(beginning(deep) == FileError("use", "\(folder.path)/x", .missingFolder))
    do {
      let draft = try begin(deep, makingParents: true)
      _ = try draft.folder("content")
    }
    #expect(Files.names(in: folder.path) == [])
  }

  @Test("What a killed process has left is no part of the next, and names that are no drafts' stay")
  func left() throws {
    // Earlier versions had one name for each target.
    for left in [draft, "\(draft)-0123456789abcdef"] { try Files.make("\(left)/left") }
    for other in ["\(draft)-x", "\(draft)-0123456789abcdeg", "\(draft)s"] { try Files.make(other) }
    let next = try begin(target)
    #expect(next.path.hasPrefix("\(draft)-") && next.path.utf8.count == draft.utf8.count + 17)
    #expect(Files.names(in: next.path) == [])
    #expect(Files.names(in: folder.path)?.count == 4)
    try next.publish()
  }

  @Test("What is put in the place of a draft does not become the target")
  func replaced() throws {
    let draft = try begin(target)
    try #require(unsafe rename(draft.path, "\(folder.path)/aside") == 0 && mkdir(draft.path, 0o700) == 0)
    #expect(refusal { () throws(FileError) in try draft.publish() }?.reason == .replaced)
    #expect(!Files.exists(target))
  }

  @Test("Nothing is made where everybody may put something else in its place")
  func shared() throws {
    try #require(unsafe chmod(folder.path, 0o777) == 0)
    #expect(beginning(target) == FileError("use", folder.path, .shared))
    #expect(Files.names(in: folder.path) == [])
    try #require(unsafe chmod(folder.path, 0o1777) == 0)
    try begin(target).publish()
  }
}
