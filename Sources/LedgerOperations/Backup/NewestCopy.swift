import EventLog
import LedgerCrypto
public import LedgerEngine
public import LedgerEvents
import Projections

/// The newest copy of a ledger in a folder, as its files say; nothing of it is verified.
public struct NewestCopy: Sendable {
  /// The folder of the copy itself.
  public let path: String
  /// How many events it has.
  public let position: Position
  /// Of a backup, when it was made; of an archive, when its last event was recorded, nil where that is not known.
  public let time: Timestamp?
}

extension Backups {
  /// The newest backup of this ledger among those in a folder, or the one that the folder is. Reads the manifests, at most 10,000;
  /// those of other ledgers are ignored.
  ///
  /// ```swift
  /// let age = try ledger.backups.newest(in: "/backup").flatMap { $0.time }
  /// ```
  ///
  /// - Throws: `not_found` where there is no such folder.
  public func newest(in folder: String) throws(LedgerError) -> NewestCopy? {
    guard let names = Folder.names(in: folder) else {
      throw LedgerError(.notFound, "\(folder) is no folder; check the path", field: "backup")
    }
    var newest: NewestCopy?
    for path in [folder] + names.prefix(10_000).map({ "\(folder)/\($0)" }) {
      let file = "\(path)/\(BackupManifest.fileName)"
      guard Folder.exists("\(path)/\(BackupManifest.dataPath)"),
        let bytes = try? DurableFile.read(file, limit: 1 << 20),
        let manifest = try? BackupManifest(parsing: bytes, at: file), manifest.origin == ledger.origin,
        // Another ledger may have the same name.
        try ledger.root(heldAt: manifest.position) == manifest.root
      else { continue }
      guard newest == nil || (newest?.position ?? 0) <= manifest.position else { continue }
      newest = NewestCopy(path: path, position: manifest.position, time: manifest.createdAt)
    }
    return newest
  }

  /// As ``newest(in:)``, on a thread for reading.
  package func findNewest(in folder: String) async throws(LedgerError) -> NewestCopy? {
    let ledger = ledger
    return try await ledger.blocking { () throws(LedgerError) in try ledger.backups.newest(in: folder) }
  }
}

extension Archive {
  /// How far an archive reaches, by the names of its segments.
  ///
  /// - Throws: `not_found` where there is none; `damaged` where a segment is missing between others.
  public func reach(of folder: String) throws(LedgerError) -> NewestCopy {
    let end = try ArchiveFolder(path: folder).ranges().last?.upperBound ?? 0
    let stamp = try logged { () throws(LogError) in try ledger.log.snapshot().stamp(at: end) }
    return NewestCopy(path: folder, position: Position(end), time: stamp.map { Timestamp(milliseconds: $0.recordedAt) })
  }
}

extension Ledger {
  /// The root of the tree over the events up to a position, on the caller's thread; nil where there are fewer.
  fileprivate func root(heldAt position: Position) throws(LedgerError) -> Digest? {
    try logged { () throws(LogError) in try log.snapshot().root(at: position.rawValue) }
  }
}
