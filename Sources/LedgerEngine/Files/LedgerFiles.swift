import Glibc
import LedgerDomain
package import LedgerFiles

/// An open file or folder, with the ledger's errors.
package typealias FileHandle = LedgerFiles.FileHandle<LedgerError>
/// Folders by their paths, with the ledger's errors.
package typealias Folder = LedgerFiles.Folder<LedgerError>
/// Small files, read and replaced whole, with the ledger's errors.
package typealias DurableFile = LedgerFiles.DurableFile<LedgerError>
/// A file that takes its name when it is whole, with the ledger's errors.
package typealias DraftFile = LedgerFiles.DraftFile<LedgerError>
/// A folder that takes its name when it is whole, with the ledger's errors.
package typealias DraftFolder = LedgerFiles.DraftFolder<LedgerError>
/// A pipe between two threads, with the ledger's errors.
package typealias Pipe = LedgerFiles.Pipe<LedgerError>
/// The files of this process that are not finished.
package typealias TemporaryFiles = LedgerFiles.TemporaryFiles

extension LedgerError: FileFailure {
  /// `disk_full`, `already_exists` and `system_limit` where the system says so; `busy`, `not_found`, `invalid_value` or
  /// `storage` for what else was met.
  package init(_ error: FileError) {
    let path = error.path
    switch error.reason {
    case .system(let number):
      self.init(.refusing(number), "could not \(error.action) \(path): \(error.systemText)")
    case .missingFolder:
      self.init(.notFound, "\(path) is not there; make it, or name another folder", field: "path")
    case .taken:
      self.init(.alreadyExists, "\(path) is there already; name another file", field: "path")
    case .tooLarge(let limit):
      self.init(.storage, "\(path) has more than \(limit) bytes; check that it is the right file", field: "path")
    case .replaced:
      self.init(.storage, "\(path) was moved or replaced meanwhile; use a folder that nobody else writes in")
    case .shared:
      self.init(
        .invalidValue,
        "path: expected a place where others cannot replace what is made; everybody may write in \(path)", field: "path"
      )
    case .inUse:
      self.init(
        .busy, "somebody else is filling \(path); wait for that to end, or name another folder", field: "path")
    case .nameNotDurable(let number):
      self.init(
        .refusing(number),
        "\(path) has its name, and is whole, but may lose the name with the power: \(error.systemText)")
    }
  }
}

extension LedgerError.Code {
  /// What a refusal of the system means.
  fileprivate static func refusing(_ number: Int32) -> LedgerError.Code {
    switch number {
    case ENOSPC, EDQUOT, EFBIG: .diskFull
    case EEXIST: .alreadyExists
    case EMFILE, ENFILE, ENOMEM: .systemLimit
    default: .storage
    }
  }
}

extension LedgerFiles.DraftFolder where Failure == LedgerError {
  /// - Parameters:
  ///   - target: a folder that does not exist, or is empty.
  ///   - makingParents: whether to make the folders above it where they are missing.
  /// - Throws: `busy` where somebody fills it already; `already_exists`; `not_found` where the folder that it is to be in is
  ///   not there; `invalid_value` for a place within a ledger's folder, or where everybody may replace what is made;
  ///   `storage`, `disk_full`.
  package convenience init(for target: String, makingParents: Bool = false) throws(LedgerError) {
    try LedgerFolder.requireFree(target)
    try LedgerFolder.requireOutsideAnyLedger(target)
    try self.init(for: target, makingParents: makingParents) { (target) throws(LedgerError) in
      try LedgerFolder.requireFree(target)
    }
  }
}
