import Glibc
import LedgerFiles
import TestSupport
import Testing

typealias Handle = FileHandle<FileError>
typealias Files = Folder<FileError>
typealias Whole = DurableFile<FileError>

/// What a call was refused for; nil where it was not.
func refusal(_ body: () throws(FileError) -> Void) -> FileError? {
  do throws(FileError) { try body() } catch { return error }
  return nil
}

func mode(of path: String) -> mode_t {
  var status = stat()
  return unsafe lstat(path, &status) == 0 ? status.st_mode & 0o7777 : 0
}
