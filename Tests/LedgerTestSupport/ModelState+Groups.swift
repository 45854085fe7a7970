package import LedgerCrypto
package import LedgerDomain
package import LedgerEvents

// Groups, their members and their subscribers.
extension ModelState {
  package func group(_ id: GroupID) throws(StateUnreadable) -> Group? {
    try readable()
    let members = memberships.values.filter { $0.group == id && !$0.isRemoved }
    var group = groups[id]
    group?.memberCount = UInt64(members.count)
    group?.adminCount = UInt64(members.count { $0.role == .admin && $0.account != nil })
    group?.subscriberCount = UInt64(subscriptions.values.count { $0.group == id && !$0.isRemoved })
    return group
  }

  package func group(publicID: PublicID) throws(StateUnreadable) -> GroupID? {
    try readable()
    return groups.values.first { $0.publicID == publicID }?.id
  }

  package func membership(_ id: MembershipID) throws(StateUnreadable) -> Membership? {
    try readable()
    return memberships[id]
  }

  package func membership(of account: AccountID, in group: GroupID) throws(StateUnreadable) -> MembershipID? {
    try readable()
    return currentMembership(of: account, in: group)
  }

  package func membership(number: Digest, in group: GroupID) throws(StateUnreadable) -> MembershipID? {
    try readable()
    return memberships.values.first { member in
      member.group == group && !member.isRemoved && member.number.map(keyedHashes.number) == number
    }?.id
  }

  package func memberships(number: Digest) throws(StateUnreadable) -> [MembershipID] {
    try readable()
    return memberships.values.filter { member in
      !member.isRemoved && member.number.map(keyedHashes.number) == number
    }.map(\.id).sorted()
  }

  package func subgroups(of group: GroupID) throws(StateUnreadable) -> [GroupID] {
    try readable()
    return subgroups[group, default: []].sorted()
  }

  package func parents(of group: GroupID) throws(StateUnreadable) -> [GroupID] {
    try readable()
    return subgroups.filter { $0.value.contains(group) }.map(\.key).sorted()
  }

  package func groups(of account: AccountID) throws(StateUnreadable) -> [GroupID] {
    try readable()
    return memberships.values.filter { $0.account == account && !$0.isRemoved }.map(\.group).sorted()
  }

  package func groups(from first: GroupID, limit: Int) throws(StateUnreadable) -> [Group] {
    var found: [Group] = []
    for id in groups.keys.filter({ $0 >= first }).sorted().prefix(limit) {
      if let group = try group(id) { found.append(group) }
    }
    return found
  }

  package func forEachPlace(
    _ list: GroupList, of group: GroupID, _ body: (GroupPlace) -> Void
  ) throws(StateUnreadable) {
    try readable()
    switch list {
    case .members:
      for member in memberships.values where member.group == group && !member.isRemoved {
        let person =
          member.account.map(PersonName.account)
          ?? member.number.flatMap { PublicID(bytes: $0.personBytes) }.map(PersonName.key)
        if let person { body(GroupPlace(person: person, role: member.role)) }
      }
    case .subscribers:
      for subscriber in subscriptions.values where subscriber.group == group && !subscriber.isRemoved {
        if let person = name(subscriber.account, subscriber.number) {
          body(GroupPlace(person: person, role: .unspecified))
        }
      }
    }
  }

  /// Who somebody is: the account, or the one that holds the number now, or else whoever has the key.
  private func name(_ account: AccountID?, _ number: Sealed?) -> PersonName? {
    if let account { return .account(account) }
    guard let number else { return nil }
    let hash = keyedHashes.number(number)
    if !erased.contains(number.personBytes),
      let phone = phones.values.first(where: { !$0.isRemoved && keyedHashes.number($0.number) == hash })
    {
      return .account(phone.account)
    }
    return PublicID(bytes: number.personBytes).map { .key($0) }
  }

  // MARK: Subscriptions

  mutating func applyToSubscriptions(_ event: LedgerEvent, _ position: UInt64) {
    switch event {
    case .groupSubscriberAdded(let event):
      let id = SubscriptionID(rawValue: position)
      subscriptions[id] = GroupSubscription(
        id: id, group: GroupID(rawValue: event.group), account: AccountID(unlessZero: event.account),
        number: event.hasNumber ? event.number : nil, isRemoved: false)
    case .groupSubscriberRemoved(let event):
      subscriptions[SubscriptionID(rawValue: event.subscription)]?.isRemoved = true
    default: break
    }
  }

  package func subscription(_ id: SubscriptionID) throws(StateUnreadable) -> GroupSubscription? {
    try readable()
    return subscriptions[id]
  }

  package func subscription(of account: AccountID, in group: GroupID) throws(StateUnreadable) -> SubscriptionID? {
    try readable()
    return subscriptions.values.first { $0.group == group && $0.account == account && !$0.isRemoved }?.id
  }

  package func subscription(number: Digest, in group: GroupID) throws(StateUnreadable) -> SubscriptionID? {
    try readable()
    return subscriptions.values.first { subscriber in
      subscriber.group == group && !subscriber.isRemoved && subscriber.number.map(keyedHashes.number) == number
    }?.id
  }

  package func subscriptions(number: Digest) throws(StateUnreadable) -> [SubscriptionID] {
    try readable()
    return subscriptions.values.filter { subscriber in
      !subscriber.isRemoved && subscriber.number.map(keyedHashes.number) == number
    }.map(\.id).sorted()
  }

  package func subscriptions(
    of group: GroupID, from first: SubscriptionID, limit: Int
  ) throws(StateUnreadable) -> [GroupSubscription] {
    try readable()
    let found = subscriptions.values.filter { $0.group == group && !$0.isRemoved && $0.id >= first }
    return Array(found.sorted { $0.id < $1.id }.prefix(limit))
  }
}
