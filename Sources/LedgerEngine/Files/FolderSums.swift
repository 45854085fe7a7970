package import LedgerCrypto
import LedgerDomain

/// The file `SHA256SUMS` of a folder that is finished: a line for each file, as coreutils' `sha256sum` writes and checks
/// them. Written last, it is what tells a whole folder from one that was cut short.
package enum FolderSums {
  package static let fileName = "SHA256SUMS"
  private static let limit = 1 << 20

  /// Writes the file, durably.
  ///
  /// - Parameter files: the files by their paths in the folder, and their digests.
  package static func write(_ files: [(path: String, digest: Digest)], in folder: String) throws(LedgerError) {
    var output = try FileOutput(creating: "\(folder)/\(fileName)")
    try output.write(text(of: files))
    _ = try output.finish()
  }

  /// Checks every file of a folder by its digest.
  ///
  /// - Parameters:
  ///   - required: the files that must be listed.
  ///   - spared: the files that may be missing though they are listed.
  ///   - what: what the folder should be, for the error.
  /// - Returns: the paths that are listed.
  /// - Throws: `not_found` where the folder has no sums, and so is nothing that was finished; `damaged` with the first
  ///   file that is missing or not what it was.
  package static func check(
    _ folder: String, requiring required: [String], sparing spared: [String] = [], as what: String,
    progress: (UInt64) -> Void = { _ in }
  ) throws(LedgerError) -> [String] {
    let written: [UInt8]
    do { written = try FileInput.contents(of: "\(folder)/\(fileName)", limit: limit) } catch {
      guard error.code == .notFound else { throw error }
      throw LedgerError(
        .notFound, "\(folder) is no \(what): it has no file \(fileName), without which it was never finished",
        field: "path")
    }
    let files = try parse(written, in: folder)
    for path in required where !files.contains(where: { $0.path == path }) {
      throw LedgerError(.damaged, "\(folder)/\(fileName) does not list \(path); the folder is no whole \(what)")
    }
    var done: UInt64 = 0
    for file in files {
      let start = done
      let digest: Digest
      do {
        digest = try FileInput.digest(of: "\(folder)/\(file.path)") { bytes in
          done = start + bytes
          progress(done)
        }
      } catch {
        guard error.code == .notFound else { throw error }
        if spared.contains(file.path) { continue }
        throw LedgerError(.damaged, "\(folder)/\(file.path) is missing")
      }
      guard digest == file.digest else {
        throw LedgerError(.damaged, "\(folder)/\(file.path) is not what was written: its SHA-256 is another")
      }
    }
    return files.map(\.path)
  }

  private static func text(of files: [(path: String, digest: Digest)]) -> [UInt8] {
    Array(files.sorted { $0.path < $1.path }.map { "\($0.digest.hex)  \($0.path)\n" }.joined().utf8)
  }

  private static func parse(
    _ written: [UInt8], in folder: String
  ) throws(LedgerError) -> [(path: String, digest: Digest)] {
    var files: [(path: String, digest: Digest)] = []
    for line in String(decoding: written, as: UTF8.self).split(separator: "\n") {
      guard let digest = Digest(hex: line.prefix(64)), line.dropFirst(64).hasPrefix("  "),
        case let path = String(line.dropFirst(66)), !path.hasPrefix("/"), !path.split(separator: "/").contains("..")
      else { continue }
      files.append((path, digest))
    }
    // There is one text for a list of files: whatever else stands there is damage.
    guard !files.isEmpty, text(of: files) == written else {
      throw LedgerError(.damaged, "\(folder)/\(fileName) is not what was written")
    }
    return files
  }
}
