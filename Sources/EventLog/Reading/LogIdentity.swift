package import LMDB
import LedgerFiles
import TransparencyLog

/// What a log says of itself, apart from its events.
struct LogIdentity {
  /// Name and version of the format. A program that does not know the version leaves the log alone.
  static let format = Array("credledger-log/1".utf8)

  private static let formatKey = Array("format".utf8)
  private static let originKey = Array("origin".utf8)

  /// The log's name in checkpoints.
  let origin: String

  /// - Throws: ``LogError/Code/invalidOrigin`` for a name that cannot stand in a checkpoint.
  init(origin: String) throws(LogError) {
    do { _ = try Checkpoint(origin: origin, size: 0, root: MerkleHash.emptyRoot) } catch {
      throw LogError(.invalidOrigin, "the origin must be one line of text; it should look like example.com/ledger")
    }
    self.origin = origin
  }

  /// Reads the identity of a log whose format is known, and changes nothing: not in a folder that is none, nor in one of
  /// something else. LMDB adds its lock file to an environment that has none.
  ///
  /// - Throws: ``LogError/Code/notALedger``, ``LogError/Code/newerFormat``, ``LogError/Code/storage``.
  init(at path: String, options: Environment.Options) throws(LogError) {
    var options = options
    if options.access == .readWrite { options.access = .readOnly }
    let environment: Environment
    do throws(LMDBError) { environment = try Environment(at: path, options: options) } catch {
      throw Self.failure(error)
    }
    defer { environment.close() }
    self = try Self(in: environment)
  }

  /// What it means that the environment cannot be opened.
  static func failure(_ error: LMDBError) -> LogError {
    guard error.code == .notAnEnvironment else { return LogError(error) }
    // The system says of a file that it is not there; of one that is, LMDB says that it is not of its kind.
    let isThere = error.status < 0
    return LogError(
      .notALedger,
      isThere
        ? "data.mdb in the folder is damaged, or no ledger's; restore a backup, or check the path"
        : "there is no ledger in the folder; check the path", storage: error)
  }

  /// Reads the identity in an environment that is open for reading.
  init(in environment: Environment) throws(LogError) {
    let found: (format: [UInt8], origin: [UInt8])?
    do throws(LMDBError) {
      let table = try environment.openTable(LogTables.meta)
      let transaction = try environment.beginRead()
      if let format = try table.get(Self.formatKey, in: transaction),
        let origin = try table.get(Self.originKey, in: transaction)
      {
        found = (format, origin)
      } else {
        found = nil
      }
    } catch {
      // Something else may have a table of that name, even with other keys.
      let isForeign = error.code == .noSuchTable || error.code == .damagedRow
      guard isForeign else { throw LogError(error) }
      found = nil
    }
    guard let found else {
      throw LogError(.notALedger, "the folder holds an LMDB environment of something else; check the path")
    }
    guard found.format == Self.format else {
      throw LogError(
        .newerFormat,
        "the log's format is \(String(decoding: found.format, as: UTF8.self)), this program knows "
          + "\(String(decoding: Self.format, as: UTF8.self)); upgrade the program")
    }
    origin = String(decoding: found.origin, as: UTF8.self)
  }

  /// Stores the identity of a new log.
  func store(in tables: LogTables, _ transaction: inout WriteTransaction) throws(LMDBError) {
    try tables.meta.insert(Self.formatKey, Self.format, in: &transaction)
    try tables.meta.insert(Self.originKey, Array(origin.utf8), in: &transaction)
  }

  /// Refuses a folder with anything in it.
  ///
  /// - Throws: ``LogError/Code/alreadyExists``.
  static func requireEmpty(_ path: String) throws(LogError) {
    let names: [String]?
    do throws(FileError) { names = try Folder<FileError>.list(path) } catch {
      throw LogError(.alreadyExists, "something that is no readable folder has this path; choose another")
    }
    guard names?.isEmpty ?? true else { throw LogError(.alreadyExists, "the folder is not empty; choose a new one") }
  }
}

extension EventLog {
  /// The origin of the log in a folder, without opening it for work.
  ///
  /// - Throws: ``LogError/Code/notALedger``, ``LogError/Code/newerFormat``, ``LogError/Code/storage``.
  package static func origin(at path: String, options: Environment.Options) throws(LogError) -> String {
    try LogIdentity(at: path, options: options).origin
  }
}
