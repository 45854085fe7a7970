import Glibc
import LedgerFiles
import TestSupport
import Testing

/// The error of a layer above.
private struct Said: FileFailure {
  let words: String
  init(_ error: FileError) { words = "\(error.number): \(error)" }
}

@Suite("Errors of files")
struct FileErrorTests {
  private let folder = TemporaryFolder()

  @Test("An error tells the path, the system's number and what was expected")
  func fields() {
    let path = "\(folder.path)/none"
    let error = refusal { () throws(FileError) in _ = try Handle.open(path, O_RDONLY, "look into") }
    #expect(error == FileError("look into", path, .system(ENOENT)))
    #expect(error?.number == ENOENT && error?.isFull == false)
    #expect(error?.description.contains("look into \(path)") == true)
    for number in [ENOSPC, EDQUOT, EFBIG] { #expect(FileError("write", path, .system(number)).isFull) }
    #expect(FileError("read", path, .tooLarge(limit: 7)).expected.contains("7 bytes"))
    #expect(FileError("name", path, .nameNotDurable(EIO)).number == EIO)
    #expect(FileError("name", path, .replaced).number == 0)
  }

  @Test("A layer above translates once, and each call throws its error")
  func translated() {
    let path = "\(folder.path)/none"
    let error = #expect(throws: Said.self) { _ = try FileHandle<Said>.open(path, O_RDONLY) }
    #expect(error?.words.hasPrefix("\(ENOENT): could not open \(path)") == true)
    let taken = #expect(throws: Said.self) { try DurableFile<Said>.create(folder.path, with: []) }
    #expect(taken?.words.hasPrefix("0: could not make \(folder.path)") == true)
  }
}
