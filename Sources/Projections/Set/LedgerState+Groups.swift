import EventLog
import LMDB
public import LedgerCrypto
public import LedgerDomain
public import LedgerEvents

// Lists of groups, and who is in one.
extension LedgerState {
  @usableFromInline package func groups(of account: AccountID) throws(StateUnreadable) -> [GroupID] {
    try numbers(.groupOfAccount, of: account.rawValue).map { GroupID(rawValue: $0) }
  }

  @usableFromInline package func groups(from first: GroupID, limit: Int) throws(StateUnreadable) -> [Group] {
    try rows(
      Group.self, from: .number(.group, first.rawValue), below: .number(.group, .max), limit: limit
    ).map(\.row)
  }

  /// The members that a group has now, in the order in which they were added.
  package func members(of group: GroupID) throws(StateUnreadable) -> [MembershipID] {
    try numbers(.membershipOfGroup, of: group.rawValue).map { MembershipID(rawValue: $0) }
  }

  /// The same, some at a time: those of numbers from one on.
  package func members(
    of group: GroupID, from first: MembershipID, limit: Int
  ) throws(StateUnreadable) -> [MembershipID] {
    guard limit > 0 else { return [] }
    return try reading { () throws(LogError) in
      var found: [MembershipID] = []
      try stored { () throws(LMDBError) in
        try directory.rows.forEach(
          from: .pair(.membershipOfGroup, group.rawValue, first.rawValue),
          below: .pair(.membershipOfGroup, group.rawValue, .max), in: transaction
        ) { key, _ in
          if case .pair(_, _, let id) = key { found.append(MembershipID(rawValue: id)) }
          return found.count < limit ? .continue : .stop
        }
      }
      return found
    }
  }

  @usableFromInline package func forEachPlace(
    _ list: GroupList, of group: GroupID, _ body: (GroupPlace) -> Void
  ) throws(StateUnreadable) {
    let family: DirectoryKey.Family = list == .members ? .membershipOfGroup : .subscriptionOfGroup
    var waiting: [(id: UInt64, place: PlaceRow)] = []
    var malformed: DirectoryKey?
    try reading { () throws(LogError) in
      try stored { () throws(LMDBError) in
        try directory.rows.forEach(
          from: .pair(family, group.rawValue, 0), below: .pair(family, group.rawValue, .max), in: transaction
        ) { key, bytes in
          guard let place = PlaceRow(decoding: bytes), case .pair(_, _, let id) = key else {
            malformed = key
            return .stop
          }
          if let account = AccountID(unlessZero: place.account) {
            body(GroupPlace(person: .account(account), role: place.role))
          } else {
            waiting.append((id, place))
          }
          return .continue
        }
      }
      if let malformed { throw Directory.malformed(malformed) }
    }
    for (id, place) in waiting {
      guard let person = try name(of: place, list, id) else {
        throw StateUnreadable(Directory.malformed(.pair(family, group.rawValue, id)).description)
      }
      body(GroupPlace(person: person, role: place.role))
    }
  }

  /// The name of a place that no account took over. An invitation does not tell who holds the number. A subscriber's number
  /// may be held by an account that subscribed before it verified the number.
  private func name(of place: PlaceRow, _ list: GroupList, _ id: UInt64) throws(StateUnreadable) -> PersonName? {
    if list == .subscribers, let number = try row(StoredSubscription.self, .number(.subscription, id))?.number,
      let holder = try phone(number: number), let account = try phone(holder)?.account
    {
      return .account(account)
    }
    return place.person.map { .key($0) }
  }

  // MARK: Subscriptions

  @usableFromInline package func subscription(_ id: SubscriptionID) throws(StateUnreadable) -> GroupSubscription? {
    try row(StoredSubscription.self, .number(.subscription, id.rawValue))?.subscription
  }

  @usableFromInline package func subscription(of account: AccountID, in group: GroupID) throws(StateUnreadable)
    -> SubscriptionID?
  {
    try id(.pair(.subscriptionByAccount, group.rawValue, account.rawValue))
  }

  @usableFromInline package func subscription(number: Digest, in group: GroupID) throws(StateUnreadable)
    -> SubscriptionID?
  {
    try id(.digest(.subscriptionByNumber, number, group.rawValue))
  }

  @usableFromInline package func subscriptions(number: Digest) throws(StateUnreadable) -> [SubscriptionID] {
    // The keys are in the order of the groups.
    try rows(
      UInt64.self, from: .digest(.subscriptionByNumber, number, 0), below: .digest(.subscriptionByNumber, number, .max)
    ).map { SubscriptionID(rawValue: $0.row) }.sorted()
  }

  @usableFromInline package func subscriptions(
    of group: GroupID, from first: SubscriptionID, limit: Int
  ) throws(StateUnreadable) -> [GroupSubscription] {
    var subscriptions: [GroupSubscription] = []
    let places = try rows(
      PlaceRow.self, from: .pair(.subscriptionOfGroup, group.rawValue, first.rawValue),
      below: .pair(.subscriptionOfGroup, group.rawValue, .max), limit: limit)
    for (key, _) in places {
      guard case .pair(_, _, let id) = key, let known = try subscription(SubscriptionID(rawValue: id)) else { continue }
      subscriptions.append(known)
    }
    return subscriptions
  }

  /// The groups that an account subscribes to, deleted ones included, oldest first.
  package func subscribedGroups(of account: AccountID) throws(StateUnreadable) -> [GroupID] {
    try numbers(.subscriptionOfAccount, of: account.rawValue).map { GroupID(rawValue: $0) }
  }

  /// The rows between two keys, in order, as many as `limit`.
  func rows<Stored: Row>(
    _ type: Stored.Type, from lower: DirectoryKey, below upper: DirectoryKey, limit: Int = .max
  ) throws(StateUnreadable) -> [(key: DirectoryKey, row: Stored)] {
    try reading { () throws(LogError) in
      var found: [(key: DirectoryKey, row: Stored)] = []
      var malformed: DirectoryKey?
      try stored { () throws(LMDBError) in
        try directory.rows.forEach(from: lower, below: upper, in: transaction) { key, bytes in
          guard found.count < limit else { return .stop }
          guard let row = Stored(decoding: bytes) else {
            malformed = key
            return .stop
          }
          found.append((key, row))
          return .continue
        }
      }
      if let malformed { throw Directory.malformed(malformed) }
      return found
    }
  }
}
