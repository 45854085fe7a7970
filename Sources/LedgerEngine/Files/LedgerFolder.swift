import EventLog
import Glibc
import LedgerDomain
import Projections

/// The folder of a ledger as a whole: `ledger/` with the log, `keys/` with the keys.
package enum LedgerFolder {
  /// What the folder holds.
  package enum Part {
    package static let log = "ledger"
    package static let keys = "keys"
    package static let snapshots = "snapshots"
  }

  /// Refuses a path within the folder of a ledger: what is to outlive the ledger goes elsewhere, and what is its own stays
  /// alone there.
  package static func requireOutside(_ path: String, of ledger: String, field: String = "path") throws(LedgerError) {
    guard "\(Folder.absolute(path))/".hasPrefix("\(Folder.absolute(ledger))/") else { return }
    throw LedgerError(
      .invalidValue, "\(field): expected a folder outside that of the ledger, best on another device", field: field)
  }

  /// Refuses a path within the folder of whichever ledger: it would be taken for a part of that one, and go with it.
  package static func requireOutsideAnyLedger(_ path: String) throws(LedgerError) {
    var folder = Folder.absolute(path)
    while folder != "/" {
      folder = Folder.parent(of: folder)
      guard Folder.exists("\(folder)/\(Part.log)/data.mdb") else { continue }
      throw LedgerError(
        .invalidValue, "path: \(path) is in the folder of the ledger \(folder); name a place elsewhere", field: "path")
    }
  }
}
