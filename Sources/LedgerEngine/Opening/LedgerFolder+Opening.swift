import EventLog
import Glibc
import Projections

extension LedgerFolder {
  /// Refuses a path where something is already.
  package static func requireFree(_ path: String) throws(LedgerError) {
    try SystemLimits.check()
    guard Folder.exists(path) else { return }
    guard let names = Folder.names(in: path) else {
      throw LedgerError(.alreadyExists, "\(path) is there and is no folder; name another one", field: "path")
    }
    // A ledger takes its name once it is whole: so where one is, nothing is left to be made.
    guard !Folder.exists("\(path)/\(Part.log)/data.mdb") || !Folder.exists("\(path)/\(Part.keys)/keyring")
    else {
      throw LedgerError(
        .alreadyExists,
        "\(path) holds a ledger, which was whole when it took this name: if an earlier run made it and was interrupted, "
          + "verify it and go on with it; otherwise name a folder that is empty or does not exist", field: "path")
    }
    guard names.isEmpty else {
      throw LedgerError(
        .alreadyExists, "\(path) holds something already; name a folder that is empty or does not exist", field: "path")
    }
  }

  /// Refuses a path where no ledger is.
  package static func requireLedger(_ path: String) throws(LedgerError) {
    try SystemLimits.check()
    let file = "\(path)/\(Part.log)/data.mdb"
    guard Folder.exists(file) else {
      if errno == EACCES {
        throw LedgerError(.storage, "access to \(path) was refused; check its owner and mode", field: "path")
      }
      guard !Folder.exists("\(path)/\(Part.keys)/keyring") else {
        throw LedgerError(
          .notALedger, "\(path) holds the keys of a ledger, and no log; restore its folder ledger/", field: "path")
      }
      throw LedgerError(.notALedger, "\(path) holds no ledger; check the path, or make one", field: "path")
    }
    var status = stat()
    guard unsafe stat(file, &status) != 0 || status.st_size > 0 else {
      throw LedgerError(.damaged, "\(file) is empty, and so damaged; restore a backup")
    }
  }

  /// The name in checkpoints of the ledger in a folder.
  package static func origin(of path: String, _ configuration: LedgerConfiguration) throws(LedgerError) -> String {
    try logged { () throws(LogError) in
      try EventLog<ProjectionSet>.origin(
        at: "\(path)/\(Part.log)", options: configuration.storage(.readOnly))
    }
  }
}
