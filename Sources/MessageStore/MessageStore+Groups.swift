public import CredentialLedger
import KeyStore
import LMDB
import Synchronization

/// Of the changes of groups one concerns the store: nobody can read the messages of a group that is deleted, so they are removed.
/// It owns no members, and so reports nothing.
extension MessageStore {
  private static let appliedCursor = "groups.applied"
  /// How many messages are removed in one transaction.
  private static let removedAtATime = 500

  public func appliedPosition() async throws(MessagingError) -> Position? {
    try await cursor(Self.appliedCursor).map { Position($0) }
  }

  public func apply(_ changes: [GroupChange], upTo position: Position) async throws(MessagingError) {
    for change in changes where change.kind == .deleted {
      while try await removeMessages(of: change.group, limit: Self.removedAtATime) == Self.removedAtATime {}
    }
    if let applied = try await appliedPosition(), applied >= position { return }
    try await setCursor(Self.appliedCursor, to: position.rawValue)
  }

  /// - Returns: how many were removed; less than `limit` once none is left.
  private func removeMessages(of group: GroupID, limit: Int) async throws(MessagingError) -> Int {
    let count = Mutex(0)
    let (tables, keys) = (tables, keys)
    try await writer.write { (transaction) throws(LMDBError) in
      var numbers: [UInt64] = []
      try tables.groups.forEach(
        from: MessageTables.key(group.rawValue, 0), below: MessageTables.key(group.rawValue, .max), in: transaction
      ) { (key, _) throws(LMDBError) in
        numbers.append(key.suffix(8).reduce(0) { $0 << 8 | UInt64($1) })
        return numbers.count < limit ? .continue : .stop
      }
      let last = try tables.messages.last(in: transaction)?.key
      for number in numbers {
        _ = try tables.groups.delete(MessageTables.key(group.rawValue, number), in: &transaction)
        guard let row = try tables.row(number, in: transaction) else { continue }
        _ = try tables.references.delete(row.reference.bytes, in: &transaction)
        if number == last {
          // The newest stays as an empty row of no group, whose number and time the next one follows.
          try tables.messages.put(number, try row.emptied(number, keys).bytes, in: &transaction)
        } else {
          _ = try tables.messages.delete(number, in: &transaction)
        }
      }
      count.withLock { $0 = numbers.count }
    }
    return count.withLock { $0 }
  }
}

extension MessageRow {
  /// The row without its group and its text.
  fileprivate func emptied(_ number: UInt64, _ keys: KeyStore) throws(LMDBError) -> MessageRow {
    var row = self
    (row.group, row.replyTo, row.audience) = (0, nil, .members)
    do throws(KeyStoreError) {
      row.text = try keys.vault.seal([], for: text.person, purpose: .messageText, in: number.bigEndianBytes)
    } catch {
      // Of an author who is erased the text can be read by nobody anyhow.
      guard error.code == .personMissing else {
        throw LMDBError(.other, "remove messages", "a key failed: \(error.reason)")
      }
    }
    return row
  }
}
