import EventLog
import LMDB
import LedgerDomain
import LedgerEvents
import Projections
import TransparencyLog

/// Looks in the live file for the records that a policy removes.
struct RetentionSearch: Sendable {
  /// How many records one snapshot serves: some ten milliseconds.
  private static let rangeLength: UInt64 = 16_384

  let log: EventLog<ProjectionSet>
  /// Tokens count that had expired by then.
  let expiredBy: Timestamp
  /// Records count that were recorded before that: later ones may answer a repeated request.
  let answeredBefore: Int64
  /// The last record that may leave: see ``Ledger/lastToLeave(_:)``.
  let last: UInt64

  /// What was found in some range.
  struct Found: Sendable {
    var items: [RecordPruning.Item] = []
    /// The bytes of the records, and of their rows.
    var bytes: UInt64 = 0
    var rowBytes: UInt64 = 0
    /// Up to which position everything was looked at.
    var through: UInt64
  }

  /// Looks for at most `limit` records in a part of a range.
  ///
  /// - Throws: ``LogError/Code/damagedRecord`` or ``LogError/Code/inconsistentTree`` where a record is not what it was:
  ///   what is damaged is for a verification to tell, and does not leave.
  func next(in range: ClosedRange<UInt64>, limit: Int) throws(LogError) -> Found {
    var found = Found(through: range.lowerBound - 1)
    let end = min(range.upperBound, last, range.lowerBound + Self.rangeLength - 1)
    guard range.lowerBound <= end else { return Found(through: range.upperBound) }
    let view = try log.snapshot()
    try view.forEachRecord(in: range.lowerBound...end) { (place) throws(LogError) in
      found.through = place.position
      return true
    } _: { (header, record) throws(LogError) in
      found.through = header.position
      guard try isDue(header, record, view) else { return true }
      guard try view.leafHash(at: header.position) == MerkleHash.leaf(record) else {
        throw LogError(
          .damagedRecord, "the record and the tree contradict each other; verify the ledger, and restore a backup",
          at: header.position)
      }
      found.items.append(RecordPruning.Item(header))
      found.bytes += UInt64(record.byteCount)
      found.rowBytes += Self.rowByteCount(record.byteCount)
      return found.items.count < limit
    }
    if found.items.count < limit { found.through = end == last ? range.upperBound : end }
    return found
  }

  /// Whether the policy lets a record go.
  private func isDue(
    _ header: RecordHeader, _ record: RawSpan, _ view: borrowing LogSnapshot<ProjectionSet>
  ) throws(LogError) -> Bool {
    guard EventType.isOfOneToken(header.type), header.recordedAt <= expiredBy.milliseconds,
      header.recordedAt < answeredBefore
    else { return false }
    switch try Record(Array(copying: record), at: header.position).event {
    case .tokenIssued(let issued): return issued.expiresAt <= expiredBy.milliseconds
    case .tokenRevoked(let revoked):
      guard revoked.reach == .token else { return false }
      let token: Standing?
      do throws(StateUnreadable) {
        token = try view.withState(orThrow: { StateUnreadable($0.text) }) { (state) throws(StateUnreadable) in
          try state.standing(of: revoked.target)
        }
      } catch { throw LogError(.damagedProjection, error.description, at: header.position) }
      return token?.credential.map { $0.expiresAt <= expiredBy } ?? false
    default: return false
    }
  }

  /// What a record's row takes in a page of LMDB: a node's header and the offset to it, the key, the row's check.
  private static func rowByteCount(_ count: Int) -> UInt64 { UInt64(8 + 2 + 8 + 8 + count + count & 1) }
}

extension EventType {
  /// Whether events of a type may be of one access token alone.
  fileprivate static func isOfOneToken(_ type: UInt16) -> Bool {
    type == tokenIssued.rawValue || type == tokenRevoked.rawValue
  }
}
