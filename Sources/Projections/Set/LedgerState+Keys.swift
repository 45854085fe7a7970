import EventLog
import LMDB
package import LedgerDomain
package import LedgerEvents

/// Whose key a name is of.
package enum NamedKeyOwner: Sendable, Hashable {
  case account(AccountID)
  /// Somebody known by a number: of a phone, a member or a subscriber.
  case number
  case webhook(WebhookID)
}

// The keys of persons, and of webhooks.
extension LedgerState {
  /// Calls `body` with the name of each key that the present state needs: of accounts, of their phones, of members and
  /// subscribers by number, and of webhooks that were not deleted. Those of erased persons are among them, and one may
  /// come more than once. A pass over the rows.
  package func forEachKeyNamed(_ body: ([UInt8], NamedKeyOwner) -> Void) throws(StateUnreadable) {
    try forEachKeyNamed(newestFirst: false) { name, owner in
      if let name { body(name, owner) }
      return .continue
    }
  }

  /// The same, of each kind the newest first, and only as many rows of each kind as `limit`.
  package func forEachNewestKeyNamed(
    limit: Int, _ body: ([UInt8], NamedKeyOwner) -> Void
  ) throws(StateUnreadable) {
    var left = limit
    try forEachKeyNamed(newestFirst: true, began: { left = limit }) { name, owner in
      if let name { body(name, owner) }
      left -= 1
      return left > 0 ? .continue : .stop
    }
  }

  private func forEachKeyNamed(
    newestFirst: Bool, began: () -> Void = {}, _ body: ([UInt8]?, NamedKeyOwner) -> ScanStep
  ) throws(StateUnreadable) {
    began()
    try forEachRow(StoredAccount.self, .account, newestFirst) {
      body($0.account.subject.personBytes, .account($0.account.id))
    }
    began()
    try forEachRow(StoredPhone.self, .phone, newestFirst) { body($0.phone.number.personBytes, .number) }
    began()
    try forEachRow(StoredMembership.self, .membership, newestFirst) { body($0.membership.number?.personBytes, .number) }
    began()
    try forEachRow(StoredSubscription.self, .subscription, newestFirst) {
      body($0.subscription.number?.personBytes, .number)
    }
    began()
    try forEachRow(Webhook.self, .webhook, newestFirst) { body($0.isDeleted ? nil : $0.key, .webhook($0.id)) }
  }

  private func forEachRow<Stored: Row>(
    _ type: Stored.Type, _ family: DirectoryKey.Family, _ newestFirst: Bool, _ body: (Stored) -> ScanStep
  ) throws(StateUnreadable) {
    try reading { () throws(LogError) in
      var malformed: DirectoryKey?
      try stored { () throws(LMDBError) in
        try directory.rows.forEach(
          from: .number(family, 0), below: .number(family, .max), reversed: newestFirst, in: transaction
        ) { key, bytes in
          guard let row = Stored(decoding: bytes) else {
            malformed = key
            return .stop
          }
          return body(row)
        }
      }
      if let malformed { throw Directory.malformed(malformed) }
    }
  }
}
