import Glibc
import LedgerCrypto

/// The folder of golden files: what every version ever written looks like, in hexadecimal.
///
/// A file that is there is never changed, as ledgers hold such bytes. With `CREDLEDGER_WRITE_GOLDEN=1` in the
/// environment the tests write the files that are missing, those of a new type, version or field; they are then read and
/// compared like the others.
enum GoldenFiles {
  static let folder = String(#filePath.prefix(upTo: #filePath.lastIndex(of: "/") ?? #filePath.startIndex)) + "/Golden"

  /// The text of a file; nil if there is none.
  static func text(_ name: String) -> String? {
    guard let file = unsafe fopen("\(folder)/\(name)", "r") else { return nil }
    defer { unsafe fclose(file) }
    var text: [UInt8] = []
    while case let byte = unsafe getc(file), byte != EOF { text.append(UInt8(truncatingIfNeeded: byte)) }
    return String(decoding: text, as: UTF8.self)
  }

  /// The bytes of a file in hexadecimal, which may be broken into lines; nil if there is none.
  static func bytes(_ name: String) -> [UInt8]? {
    text(name).flatMap { Hex.decode($0.filter { $0 != "\n" }) }
  }

  /// Writes a file that is missing, if the environment asks for it.
  static func writeIfMissing(_ name: String, _ bytes: [UInt8]) {
    guard unsafe getenv("CREDLEDGER_WRITE_GOLDEN").map({ unsafe String(cString: $0) }) == "1" else { return }
    guard let file = unsafe fopen("\(folder)/\(name)", "wx") else { return }
    defer { unsafe fclose(file) }
    var rest = Hex.encode(bytes)[...]
    while !rest.isEmpty {
      unsafe fputs("\(rest.prefix(64))\n", file)
      rest = rest.dropFirst(64)
    }
  }

  /// The names of the files, or of those in another folder (a path from here), sorted.
  static func names(in subfolder: String = ".") -> [String] {
    guard let directory = unsafe opendir("\(folder)/\(subfolder)") else { return [] }
    defer { unsafe closedir(directory) }
    var names: [String] = []
    while let entry = unsafe readdir(directory) {
      let name = unsafe withUnsafeBytes(of: &entry.pointee.d_name) {
        unsafe String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
      }
      if !name.hasPrefix(".") { names.append(name) }
    }
    return names.sorted()
  }
}
