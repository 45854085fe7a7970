import EventLog
import LMDB
import LedgerCrypto
import LedgerDomain
import LedgerEvents

// Subscribers of public groups.
extension Directory {
  func add(
    _ event: GroupSubscriberAdded, _ position: PositionNumber, _ transaction: inout WriteTransaction
  ) throws(LogError) {
    let number =
      event.hasNumber ? try personalData.hash(number: event.number, purpose: .subscriberNumber, at: position) : nil
    let person = event.hasNumber ? try PublicID(of: event.number.person, at: position) : nil
    let subscription = GroupSubscription(
      id: SubscriptionID(rawValue: position), group: GroupID(rawValue: event.group),
      account: AccountID(unlessZero: event.account), number: event.hasNumber ? event.number : nil, isRemoved: false)
    try put(StoredSubscription(subscription, number: number), at: .number(.subscription, position), in: &transaction)
    if event.hasNumber { try note(.subscription, position, of: event.number.person, &transaction) }
    try put(
      PlaceRow(account: event.account, role: .unspecified, person: person),
      at: .pair(.subscriptionOfGroup, event.group, position), in: &transaction)
    try index(subscription, &transaction)
    if let number {
      try put(position, at: .digest(.subscriptionByNumber, number, event.group), in: &transaction)
      if let person { try put(PersonRow(person), at: .digest(.personByNumber, number, position), in: &transaction) }
    }
    try change(Group.self, at: .number(.group, event.group), in: &transaction) { $0.subscriberCount += 1 }
  }

  func remove(subscriber event: GroupSubscriberRemoved, _ transaction: inout WriteTransaction) throws(LogError) {
    var row = try existing(StoredSubscription.self, at: .number(.subscription, event.subscription), in: transaction)
    row.subscription.isRemoved = true
    try put(row, at: .number(.subscription, event.subscription), in: &transaction)
    try remove(.pair(.subscriptionOfGroup, event.group, event.subscription), in: &transaction)
    if let account = row.subscription.account?.rawValue {
      try remove(.pair(.subscriptionByAccount, event.group, account), in: &transaction)
      try remove(.pair(.subscriptionOfAccount, account, event.group), in: &transaction)
    }
    if let number = row.number { try remove(.digest(.subscriptionByNumber, number, event.group), in: &transaction) }
    try change(Group.self, at: .number(.group, event.group), in: &transaction) { $0.subscriberCount -= 1 }
  }

  /// What waited for a number goes to the account that has verified it.
  func takeOver(subscriptions: [UInt64], by account: UInt64, _ transaction: inout WriteTransaction) throws(LogError) {
    for id in subscriptions {
      var row = try existing(StoredSubscription.self, at: .number(.subscription, id), in: transaction)
      row.subscription.account = AccountID(rawValue: account)
      try put(row, at: .number(.subscription, id), in: &transaction)
      try change(
        PlaceRow.self, at: .pair(.subscriptionOfGroup, row.subscription.group.rawValue, id), in: &transaction
      ) { $0.account = account }
      try index(row.subscription, &transaction)
    }
  }

  private func index(_ subscription: GroupSubscription, _ transaction: inout WriteTransaction) throws(LogError) {
    guard let account = subscription.account?.rawValue else { return }
    let group = subscription.group.rawValue
    try put(subscription.id.rawValue, at: .pair(.subscriptionByAccount, group, account), in: &transaction)
    try put(subscription.id.rawValue, at: .pair(.subscriptionOfAccount, account, group), in: &transaction)
  }
}

struct StoredSubscription: Row {
  var subscription: GroupSubscription
  /// Keyed hash of the number that the subscriber was added by, if any; nil once the person is erased.
  var number: Digest?

  init(_ subscription: GroupSubscription, number: Digest?) {
    self.subscription = subscription
    self.number = number
  }

  func encode(to writer: inout RowWriter) {
    writer.id(subscription.id)
    writer.id(subscription.group)
    writer.id(subscription.account)
    writer.optional(subscription.number) { $0.sealed($1) }
    writer.flag(subscription.isRemoved)
    writer.optional(number) { $0.digest($1) }
  }

  init?(from reader: inout RowReader) {
    guard let id = reader.id(SubscriptionID.self), let group = reader.id(GroupID.self),
      let account = reader.optionalID(AccountID.self), let sealed = reader.optional({ $0.sealed() }),
      let isRemoved = reader.flag(), let number = reader.optional({ $0.digest() })
    else { return nil }
    subscription = GroupSubscription(id: id, group: group, account: account, number: sealed, isRemoved: isRemoved)
    self.number = number
  }
}
