import Glibc

extension LedgerFolder {
  /// What the scratch folders of a ledger are beside of, and named after.
  package static func scratchName(of path: String, _ configuration: LedgerConfiguration) -> String {
    let name = Folder.absolute(path).split(separator: "/").last ?? "ledger"
    if let folder = configuration.scratch { return "\(Folder.trimmed(folder))/\(name)" }
    // A disk that is full or may not be written on is no reason not to verify: where memory has the room, it serves.
    let needed = Folder.byteCount("\(path)/\(Part.log)/data.mdb")
    guard !hasRoom(Folder.parent(of: path), for: needed), hasRoom(memory, for: needed) else { return path }
    return "\(memory)/\(name)-\(identity(of: path))"
  }

  /// Where Linux keeps files in memory.
  private static let memory = "/dev/shm"

  /// Whether a folder can be written in, and its file system has so much room.
  private static func hasRoom(_ folder: String, for bytes: UInt64) -> Bool {
    guard unsafe access(folder, W_OK) == 0, let free = Folder.freeBytes(at: folder) else { return false }
    return free >= bytes
  }

  /// Tells apart ledgers of one name.
  private static func identity(of path: String) -> String {
    var status = stat()
    guard unsafe stat(path, &status) == 0 else { return "0" }
    return "\(status.st_dev)-\(status.st_ino)"
  }
}
