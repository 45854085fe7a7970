package import EventLog
import LMDB
import LedgerDomain
import LedgerEvents

// When grants and connectors were last used: in the same table, at the positions of the events that made them, so that
// nobody has to look at each of their tokens.

extension WritableLedgerView {
  /// Writes uses of tokens that are later than those known, and what follows for their grants and connectors.
  ///
  /// - Parameter uses: in the order of the tokens.
  package mutating func write(lastUses uses: ArraySlice<LastUse>) throws(LogError) {
    guard let table = participant.lastUses else { return }
    try table.write(uses, in: &transaction)
    try table.write(try ownerUses(following: uses), in: &transaction)
  }

  /// Goes through uses that were written before the table told any of grants and connectors.
  ///
  /// - Parameter block: the block of tokens to begin with; 0 at first.
  /// - Returns: the block to go on with; nil once all is done, which is noted.
  package mutating func noteOwners(ofUsesFrom block: UInt64) throws(LogError) -> UInt64? {
    guard let table = participant.lastUses else { return nil }
    var uses: [LastUse] = []
    var next: UInt64?
    try stored { () throws(LMDBError) in
      try table.blocks.forEach(from: block, in: transaction) { number, bytes in
        guard uses.count < 16_384 else {
          next = number
          return .stop
        }
        guard let block = LastUseBlock.decode(bytes) else { return .continue }
        let start = number &* LastUseBlock.size
        for token in start..<start &+ LastUseBlock.size where token > 0 {
          let token = TokenID(rawValue: token)
          if let minute = block.minute(of: token) { uses.append(LastUse(token: token, minute: minute)) }
        }
        return .continue
      }
    }
    try table.write(try ownerUses(following: uses[...]), in: &transaction)
    if next == nil { try table.write([LastUse(token: LastUseTable.mark, minute: 1)], in: &transaction) }
    return next
  }

  /// The latest uses of what some tokens depend on, in the order of the objects.
  private func ownerUses(following uses: ArraySlice<LastUse>) throws(LogError) -> ArraySlice<LastUse> {
    let (tables, damaged) = try participant.liveTables(in: transaction)
    // What tokens depend on is told by no other table. The next use of each tells it again.
    guard damaged.isEmpty else { return [] }
    var owners: [UInt64: [UInt64]] = [:]
    var latest: [UInt64: Int64] = [:]
    for use in uses {
      guard let token = try tables.validity.standing(of: use.token.rawValue, in: transaction), token.credential != nil
      else { continue }
      let parent = token.parents[0]
      if owners[parent] == nil { owners[parent] = try tables.validity.owners(from: parent, in: transaction) }
      for owner in owners[parent] ?? [] { latest[owner] = max(latest[owner] ?? .min, use.minute) }
    }
    return latest.sorted { $0.key < $1.key }.map { LastUse(token: TokenID(rawValue: $0.key), minute: $0.value) }[...]
  }
}

extension TokenValidity {
  /// The grant and the connector on the way from what a token depends on; the connector alone for a token of its own.
  fileprivate func owners(
    from number: UInt64, in transaction: borrowing some Transaction & ~Copyable
  ) throws(LogError) -> [UInt64] {
    var owners: [UInt64] = []
    var next = number
    // Refresh tokens depend on their family at once, so that no way is longer.
    for _ in 0..<4 {
      guard let standing = try standing(of: next, in: transaction) else { break }
      if standing.kind == .grant || standing.kind == .connector { owners.append(next) }
      if standing.kind == .connector { break }
      next = standing.parents[0]
    }
    return owners
  }
}

extension LastUseTable {
  /// Where it is noted that the table tells of grants and connectors: no event has position 0.
  static let mark = TokenID(rawValue: 0)
}
