package import EventLog
import LMDB
package import LedgerDomain
package import LedgerEvents

// What the tables beside the log know, and the corrections of the clock.
extension LogView where Reading: ~Copyable, Participant == ProjectionSet {
  /// The corrections of the clock up to a position, oldest first.
  package func clockCorrections(until position: PositionNumber = .max) throws(LogError) -> ClockCorrections {
    try participant.current(in: transaction).directory.clockCorrections(in: transaction).until(Position(position))
  }

  /// The minute of a token's last use that was written; nil if none was.
  package func lastUse(of token: TokenID) throws(LogError) -> Int64? {
    try participant.lastUses?.minute(of: token, in: transaction)
  }

  /// Whether the last uses of grants and connectors are known as far as those of their tokens; also where there is no table.
  package func lastUsesKnowOwners() throws(LogError) -> Bool {
    guard let table = participant.lastUses else { return true }
    if try table.minute(of: LastUseTable.mark, in: transaction) != nil { return true }
    return false
  }

  /// How many scopes have counts of PINs. A pass over them.
  package func dayCountScopes() throws(LogError) -> Int {
    guard let table = participant.dayCounts else { return 0 }
    var count = 0
    try stored { () throws(LMDBError) in
      try table.rows.forEach(in: transaction) { _, _ in
        count += 1
        return .continue
      }
    }
    return count
  }

  /// What is kept of the successor of a refresh token; nil once the window of that token is over.
  package func keptSuccessor(_ handle: TokenID) throws(LogError) -> [UInt8]? {
    try participant.successors?.kept(of: handle.rawValue, in: transaction)
  }
}
