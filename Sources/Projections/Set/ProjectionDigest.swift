package import EventLog
package import LMDB
package import LedgerCrypto
import LedgerDomain

/// One hash for all that a projection holds, so that a rebuild and the live one, or two ledgers, compare by it.
///
/// SHA-256 over the projection's name and a line feed, then for each row in the order of the keys' bytes: the length of
/// the key as four bytes, the key, the length of the value as four bytes, the value (lengths big-endian). How a
/// database lays rows out does not show.
package struct ProjectionDigests: Sendable, Equatable {
  package var directory: Digest
  package var tokenValidity: Digest
  package var auditTrail: Digest
}

extension LogView where Reading: ~Copyable, Participant == ProjectionSet {
  /// The digests of all projections in this view. Reads every row: to be run on a thread for reading.
  package func projectionDigests() throws(LogError) -> ProjectionDigests {
    let tables = try participant.liveTables(in: transaction).tables
    return ProjectionDigests(
      directory: try tables.directory.digest(in: transaction),
      tokenValidity: try tables.validity.digest(in: transaction),
      auditTrail: try tables.audit.digest(in: self))
  }
}

extension Directory {
  /// The canonical digest of all rows: see ``ProjectionDigests``.
  package func digest(in transaction: borrowing some Transaction & ~Copyable) throws(LogError) -> Digest {
    var stream = RowStream(projection: "directory")
    try stored { () throws(LMDBError) in
      try rows.forEach(in: transaction) { key, value in
        stream.append(encoding: key, by: DirectoryKeyCodec.self, value)
        return .continue
      }
    }
    return stream.finish()
  }
}

extension TokenValidity {
  /// The canonical digest of all rows, positions as eight bytes big-endian: see ``ProjectionDigests``.
  package func digest(in transaction: borrowing some Transaction & ~Copyable) throws(LogError) -> Digest {
    var stream = RowStream(projection: "validity")
    try stored { () throws(LMDBError) in
      try rows.forEach(in: transaction) { key, value in
        stream.append(encoding: key, by: BigEndianKey.self, value)
        return .continue
      }
    }
    return stream.finish()
  }
}
