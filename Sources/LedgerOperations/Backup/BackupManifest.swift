public import LedgerCrypto
public import LedgerEvents

/// What a backup of a ledger's log says of itself: its file `manifest.json`, described by
/// `Schemas/files/backup-manifest.schema.json`.
public struct BackupManifest: Sendable, Equatable {
  /// Name and version of the format.
  static let format = "credledger-backup/1"
  static let fileName = "manifest.json"
  /// The copy of the LMDB file, by its path in the backup.
  static let dataPath = "\(LedgerFolder.Part.log)/data.mdb"

  /// The ledger's name in checkpoints.
  public let origin: String
  /// When the copy was finished, by the clock of the machine.
  public let createdAt: Timestamp
  /// The newest event in it; as many events as this.
  public let position: Position
  /// The root of the tree over them.
  public let root: Digest
  /// A signed checkpoint over exactly them (C2SP tlog-checkpoint).
  public let checkpoint: String
  /// The keys that had signed checkpoints of the ledger by then, oldest first (C2SP signed-note).
  public let verifierKeys: [String]
  /// The size of the LMDB file, in bytes.
  public let dataByteCount: UInt64
  /// How many rows there are in its tables, each checked by its own check.
  public let rows: UInt64
  /// The digests of the projections, equal to those of a rebuild; nil where that was not asked for.
  public let digests: LedgerDigests?
}

extension BackupManifest {
  /// The manifest as it is written.
  var json: JSON {
    var members: [(String, JSON)] = [
      ("format", .string(Self.format)), ("origin", .string(origin)), ("createdAt", .string("\(createdAt)")),
      ("position", .number(position.rawValue)), ("root", .string(root.hex)),
      ("checkpoint", .string(checkpoint)), ("verifierKeys", .array(verifierKeys.map { .string($0) })),
      ("dataBytes", .number(dataByteCount)), ("rows", .number(rows)),
    ]
    if let digests { members.append(("projections", digests.json)) }
    return .object(members)
  }

  /// Reads a manifest.
  ///
  /// - Throws: `newer_format` for another version's, `damaged`.
  init(parsing bytes: [UInt8], at path: String) throws(LedgerError) {
    let value = try JSON.document(bytes, format: Self.format, at: path)
    guard let origin = value["origin"]?.string,
      let createdAt = value["createdAt"]?.string.flatMap(Timestamp.init(rfc3339:)),
      let position = value["position"]?.number, let root = value["root"]?.string.flatMap({ Digest(hex: $0) }),
      let checkpoint = value["checkpoint"]?.string, let keys = value["verifierKeys"]?.elements,
      let dataByteCount = value["dataBytes"]?.number, let rows = value["rows"]?.number
    else { throw LedgerError(.damaged, "\(path) lacks a member, or has one of another kind") }
    self.init(
      origin: origin, createdAt: createdAt, position: Position(position), root: root, checkpoint: checkpoint,
      verifierKeys: keys.compactMap(\.string), dataByteCount: dataByteCount, rows: rows,
      digests: value["projections"].flatMap { LedgerDigests(json: $0) })
  }
}

/// What a backup of a ledger's keys says of itself: its file `manifest.json`, described by
/// `Schemas/files/keys-backup-manifest.schema.json`.
public struct KeysBackupManifest: Sendable, Equatable {
  /// Name and version of the format.
  static let format = "credledger-keys-backup/1"

  /// The ledger's name in checkpoints.
  public let origin: String
  /// When the copy was finished, by the clock of the machine.
  public let createdAt: Timestamp
  /// The newest event when the keys were copied: every key that events up to here need is in it, except of persons who
  /// were erased.
  public let position: Position
  /// The fingerprint of the master key that the keys are sealed under: 16 hexadecimal digits.
  public let masterKeyFingerprint: String
  /// Whether that master key is in the backup, because the ledger keeps it in its key folder.
  public let hasMasterKey: Bool
  /// How many persons have a key in it.
  public let persons: UInt64
}

extension KeysBackupManifest {
  /// The manifest as it is written.
  var json: JSON {
    .object([
      ("format", .string(Self.format)), ("origin", .string(origin)), ("createdAt", .string("\(createdAt)")),
      ("position", .number(position.rawValue)), ("masterKeyFingerprint", .string(masterKeyFingerprint)),
      ("hasMasterKey", .bool(hasMasterKey)), ("persons", .number(persons)),
    ])
  }

  /// Reads a manifest.
  ///
  /// - Throws: `newer_format` for another version's, `damaged`.
  init(parsing bytes: [UInt8], at path: String) throws(LedgerError) {
    let value = try JSON.document(bytes, format: Self.format, at: path)
    guard let origin = value["origin"]?.string,
      let createdAt = value["createdAt"]?.string.flatMap(Timestamp.init(rfc3339:)),
      let position = value["position"]?.number, let fingerprint = value["masterKeyFingerprint"]?.string,
      let hasMasterKey = value["hasMasterKey"]?.bool, let persons = value["persons"]?.number
    else { throw LedgerError(.damaged, "\(path) lacks a member, or has one of another kind") }
    self.init(
      origin: origin, createdAt: createdAt, position: Position(position), masterKeyFingerprint: fingerprint,
      hasMasterKey: hasMasterKey, persons: persons)
  }
}

extension LedgerDigests {
  /// As manifests carry them.
  var json: JSON {
    .object([
      ("directory", .string(directory.hex)), ("tokenValidity", .string(tokenValidity.hex)),
      ("auditTrail", .string(auditTrail.hex)),
    ])
  }

  init?(json: JSON) {
    guard let directory = json["directory"]?.string.flatMap({ Digest(hex: $0) }),
      let validity = json["tokenValidity"]?.string.flatMap({ Digest(hex: $0) }),
      let trail = json["auditTrail"]?.string.flatMap({ Digest(hex: $0) })
    else { return nil }
    self.init(directory: directory, tokenValidity: validity, auditTrail: trail)
  }
}

extension JSON {
  /// Reads an object that names its format.
  ///
  /// - Parameter format: name, a slash, and the version that this program knows.
  /// - Throws: `newer_format` for another version, `damaged` for anything else.
  static func document(_ bytes: [UInt8], format: String, at path: String) throws(LedgerError) -> JSON {
    guard let value = JSON(parsing: bytes), let found = value["format"]?.string else {
      throw LedgerError(.damaged, "\(path) is no JSON object that names its format")
    }
    guard found == format else {
      if found.prefix(while: { $0 != "/" }) == format.prefix(while: { $0 != "/" }) {
        throw LedgerError(
          .newerFormat, "\(path) has the format \(found), this program reads \(format); upgrade the program")
      }
      throw LedgerError(.damaged, "\(path) has the format \(found); expected \(format)")
    }
    return value
  }
}
