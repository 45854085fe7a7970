import EventLog
import LMDB
package import LedgerDomain
import LedgerEvents

// The keys of persons, and of webhooks.
extension LedgerState {
  /// Calls `body` with the name of each key that the present state needs: of accounts, of their phones, of members and
  /// subscribers by number, and of webhooks that were not deleted. Those of erased persons are among them, and one may
  /// come more than once. A pass over the rows.
  package func forEachKeyNamed(_ body: ([UInt8]) -> Void) throws(StateUnreadable) {
    try forEachRow(StoredAccount.self, .account) { body($0.account.subject.personBytes) }
    try forEachRow(StoredPhone.self, .phone) { body($0.phone.number.personBytes) }
    try forEachRow(StoredMembership.self, .membership) { row in
      if let number = row.membership.number { body(number.personBytes) }
    }
    try forEachRow(StoredSubscription.self, .subscription) { row in
      if let number = row.subscription.number { body(number.personBytes) }
    }
    try forEachRow(Webhook.self, .webhook) { if !$0.isDeleted { body($0.key) } }
  }

  private func forEachRow<Stored: Row>(
    _ type: Stored.Type, _ family: DirectoryKey.Family, _ body: (Stored) -> Void
  ) throws(StateUnreadable) {
    try reading { () throws(LogError) in
      var malformed: DirectoryKey?
      try stored { () throws(LMDBError) in
        try directory.rows.forEach(from: .number(family, 0), below: .number(family, .max), in: transaction) {
          key, bytes in
          guard let row = Stored(decoding: bytes) else {
            malformed = key
            return .stop
          }
          body(row)
          return .continue
        }
      }
      if let malformed { throw Directory.malformed(malformed) }
    }
  }
}
