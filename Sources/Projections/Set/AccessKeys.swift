package import EventLog
package import KeyStore
package import LMDB
import LedgerCrypto

/// The keys of the checks of rows that decide access: the directory, token validity, and the rows that say how far these
/// have come. All follow from one key of the keyring.
package struct AccessKeys: Sendable {
  /// Number of the key in the keyring; nil where the keyring has none, as before there were such keys.
  let number: UInt32?
  private let directory: RowKey?
  private let validity: RowKey?
  private let checkpoint: RowKey?
  /// Masks what is kept of the sums over the rows.
  let sums: RowKey?
  /// Whether rows are read only if their checks are right.
  package let isVerifying: Bool

  /// Checks that anybody can make.
  package static let none = AccessKeys(isVerifying: true)

  /// Of a reader without the keys: rows are read as they are, and none is written.
  static let notOpened = AccessKeys(isVerifying: false)

  private init(isVerifying: Bool) {
    (number, directory, validity, checkpoint, sums) = (nil, nil, nil, nil, nil)
    self.isVerifying = isVerifying
  }

  /// - Parameters:
  ///   - key: of the kind `rowCheck`.
  ///   - number: its number.
  init(_ key: Secret, number: UInt32) {
    func derive(_ purpose: String) -> RowKey {
      let secret = HKDFSHA256.derive(from: key, salt: Array("row check/1".utf8), info: Array(purpose.utf8), count: 16)
      return unsafe secret.withUnsafeBytes { unsafe RowKey(RawSpan(_unsafeBytes: $0)) }
    }
    self.number = number
    isVerifying = true
    directory = derive("directory")
    validity = derive("validity")
    checkpoint = derive("projections")
    sums = derive("sums")
  }

  /// The keys that rows are written under: those of the keyring's newest key, or none where it is of the time before.
  /// A reader without these keys gets ``notOpened``.
  init(newestOf keys: KeyStore) throws(LogError) {
    self = keys.hasReaderKeys ? try Self.all(of: keys).first ?? .none : .notOpened
  }

  /// The keys that rows may have been written under, the newest first.
  package static func all(of keys: KeyStore) throws(LogError) -> [AccessKeys] {
    var all: [AccessKeys] = []
    do throws(KeyStoreError) {
      for number in keys.numbers(of: .rowCheck).reversed() {
        if let key = try keys.key(.rowCheck, number) { all.append(AccessKeys(key, number: number)) }
      }
    } catch { throw LogError(.keyUnavailable, error.reason) }
    return all
  }

  func directory(of set: String) -> TableDefinition<DirectoryKeyCodec, RawBytes> {
    TableDefinition("directory.\(set)", logicalName: "directory", key: directory, verifiesRows: isVerifying)
  }

  func validity(of set: String) -> TableDefinition<PositionKey, StandingCodec> {
    TableDefinition("validity.\(set)", logicalName: "validity", key: validity, verifiesRows: isVerifying)
  }

  var checkpoints: TableDefinition<BytesKey, ProjectionCheckpoint> {
    TableDefinition("projections", key: checkpoint, verifiesRows: isVerifying)
  }

  /// The key of the checks in the table that LMDB knows by a name; nil where anybody can make them.
  package func key(ofTable name: String) -> RowKey? {
    switch ProjectionTables.logicalName(of: name) {
    case "directory": directory
    case "validity": validity
    case "projections": checkpoint
    default: nil
    }
  }

  /// Whether the rows of the table that LMDB knows by a name have checks under a key, in a ledger of this version.
  package static func areKeyed(_ name: String) -> Bool {
    ["directory", "validity", "projections"].contains(ProjectionTables.logicalName(of: name))
  }
}

/// The sums over the rows of the tables of a set: see ``Table/takeSumChange(in:)``.
struct TableSums: Sendable, Equatable {
  var directory: UInt64 = 0
  var validity: UInt64 = 0

  /// Hides the sums, or shows them again. Who sees them beside the changes of each commit would learn what each row adds,
  /// and could look for rows that add up to what others do.
  func masked(by keys: AccessKeys, at position: PositionNumber, set: UInt8) -> TableSums {
    guard let key = keys.sums else { return self }
    return TableSums(
      directory: directory ^ key.hash(position, UInt64(set), 1), validity: validity ^ key.hash(position, UInt64(set), 2)
    )
  }
}

/// Tables whose rows are not what was written: some are missing, or of another moment.
package struct DamagedTables: OptionSet, Sendable {
  package let rawValue: UInt8
  package init(rawValue: UInt8) { self.rawValue = rawValue }

  package static let directory = DamagedTables(rawValue: 1)
  package static let validity = DamagedTables(rawValue: 2)

  /// The tables' names.
  package var names: [String] {
    (contains(.directory) ? ["directory"] : []) + (contains(.validity) ? ["validity"] : [])
  }

  /// What everybody is told who asks for rows of such a table.
  var error: LogError {
    LogError(
      .damagedProjection,
      "rows of \(names.joined(separator: " and ")) are missing or of another moment, so nothing is answered from them; "
        + "rebuild the projections (credledger replay --rebuild)")
  }
}
