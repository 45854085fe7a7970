import Glibc
import LedgerDomain

extension ScratchFolder {
  /// One of an open ledger.
  ///
  /// - Throws: `not_found` where the folder is not there that the configuration names.
  package convenience init(of ledger: Ledger) throws(LedgerError) {
    if let folder = ledger.configuration.scratch, !Folder.isFolder(folder) {
      throw LedgerError(.notFound, "\(folder) is not there; name a folder with room for a while", field: "scratch")
    }
    try self.init(beside: ledger.scratchName)
  }
}

extension Ledger {
  /// What scratch folders are beside of, and named after.
  package var scratchName: String { LedgerFolder.scratchName(of: path, configuration) }
}
