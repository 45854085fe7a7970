import KeyStore
public import LedgerDomain
public import LedgerEvents
import Projections

// Subscribers of public groups, those of the kind `connectGroup`: other groups have none.
extension Groups {
  /// Makes people subscribers of a public group, in one commit. Each is answered for alone: who is a subscriber stays
  /// one.
  ///
  /// ```swift
  /// let made = try await ledger.groups.subscribe([.number(PhoneNumber("+911199999999"))], to: group, by: admin)
  /// print(made[0] == nil ? "was a subscriber" : "is one now")
  /// ```
  ///
  /// - Parameters:
  ///   - people: 1 to 100. A number that nobody holds waits for the person who verifies it.
  ///   - requester: an admin of the group, a connector for one, or an operator.
  /// - Returns: for each person, in order, the subscription that was made; nil for one who was a subscriber.
  /// - Throws: `not_found`, `gone`, `forbidden`, `account_disabled`, `invalid_value` of a group that is not public.
  ///   Accounts that do not exist or are disabled refuse the call as a whole: the field is then `people`, and the items
  ///   of the refusal name them by index.
  @discardableResult
  public func subscribe(
    _ people: [Person], to group: GroupID, by requester: some Requesting, context: RequestContext = .none
  ) async throws(LedgerError) -> [SubscriptionID?] {
    try Self.require(people.count, in: 1...SubscriberLimits.named, "people")
    return try await ledger.submit(
      asked: .subscribe(people, to: group), naming: people, sealedAs: .subscriberNumber, by: requester.caller,
      context: context
    ) { AddSubscribers($0, to: group, requester: requester) }
  }

  /// Makes an account a subscriber of a public group, as it asks for itself.
  ///
  /// ```swift
  /// try await ledger.groups.subscribe(to: group, by: account)
  /// ```
  ///
  /// - Returns: the subscription; nil if there was one before, and nothing is appended then.
  /// - Throws: as ``subscribe(_:to:by:context:)``.
  @discardableResult
  public func subscribe(
    to group: GroupID, by account: AccountID, context: RequestContext = .none
  ) async throws(LedgerError) -> SubscriptionID? {
    try await subscribe([.account(account)], to: group, by: account, context: context)[0]
  }

  /// Ends the subscriptions of people to a public group, in one commit. Each is answered for alone.
  ///
  /// ```swift
  /// try await ledger.groups.unsubscribe([.account(account)], from: group, by: account)
  /// ```
  ///
  /// - Parameters:
  ///   - people: 1 to 100. A number stands for the person added by it, and the person who holds it.
  ///   - requester: an admin of the group, a connector for one, an operator, or the only account that is named.
  /// - Returns: for each person, in order, whether it was a subscriber until now.
  /// - Throws: `not_found`, `gone`, `forbidden`, `account_disabled`, `invalid_value` of a group that is not public.
  @discardableResult
  public func unsubscribe(
    _ people: [Person], from group: GroupID, by requester: some Requesting, context: RequestContext = .none
  ) async throws(LedgerError) -> [Bool] {
    let targets = try people.map { (person) throws(LedgerError) -> RemoveSubscribers.Target in
      switch person {
      case .account(let id): .account(id)
      case .number(let number): .number(try ledger.hash(of: number))
      }
    }
    return try await ledger.submit(
      RemoveSubscribers(targets, from: group, requester: requester), asked: .unsubscribe(people, from: group),
      by: requester.caller, context: context)
  }

  /// Ends one subscription.
  ///
  /// - Parameter requester: the subscriber, an admin of the group, or an operator.
  /// - Returns: false if it had ended before, or is to another group; nothing is appended then.
  /// - Throws: as ``unsubscribe(_:from:by:context:)->[Bool]``.
  @discardableResult
  public func unsubscribe(
    _ subscription: SubscriptionID, from group: GroupID, by requester: some Requesting, context: RequestContext = .none
  ) async throws(LedgerError) -> Bool {
    try await ledger.submit(
      RemoveSubscribers([.subscription(subscription)], from: group, requester: requester),
      asked: .end(subscription, to: group), by: requester.caller, context: context)[0]
  }

  /// A page of a public group's subscribers, in the order in which they were added.
  ///
  /// Somebody who is a subscriber all the time is on exactly one page, however many come and go between the pages. The cursor
  /// is a subscription's ID, whose text may be handed out; it stays good when that subscription ends.
  ///
  /// ```swift
  /// var page = try ledger.groups.subscribers(of: group, by: admin)
  /// while let next = page.next { page = try ledger.groups.subscribers(of: group, after: next, by: admin) }
  /// ```
  ///
  /// - Parameters:
  ///   - after: what the page before says in `next`.
  ///   - limit: 1 to 50. A row and a look-up each, on the caller's thread.
  ///   - requester: an admin of the group, a connector for one, or an operator.
  /// - Throws: `not_found`, `gone`, `forbidden`, `account_disabled`, `invalid_value`.
  public func subscribers(
    of group: GroupID, after: SubscriptionID? = nil, limit: Int = SubscriberLimits.page, by requester: some Requesting
  ) throws(LedgerError) -> SubscriberPage {
    try ledger.asking { (state) throws(DecisionFailure) in
      try state.subscribers(of: group, after: after, limit: limit, by: Requester(requester))
    }
  }

  /// The subscription that a number leads to: that of the subscriber who was added by it, or who holds it; nil where there is none.
  /// Some look-ups.
  ///
  /// - Throws: `closed`, `damaged`, `storage`.
  public func subscription(of number: PhoneNumber, to group: GroupID) throws(LedgerError) -> SubscriptionID? {
    let hash = try ledger.hash(of: number)
    return try ledger.reading { (state) throws(StateUnreadable) in
      if let id = try state.subscription(number: hash, in: group) { return id }
      guard let phone = try state.phone(number: hash), let account = try state.phone(phone)?.account else { return nil }
      return try state.subscription(of: account, in: group)
    }
  }

  /// A subscription as it is now, or was when it ended; nil if there is none.
  ///
  /// - Throws: `closed`, `damaged`, `storage`.
  public func subscription(_ id: SubscriptionID) throws(LedgerError) -> GroupSubscription? {
    try ledger.reading { (state) throws(StateUnreadable) in try state.subscription(id) }
  }

  /// The public groups that an account subscribes to, oldest first.
  ///
  /// - Throws: `closed`, `damaged`, `storage`.
  public func subscribed(by account: AccountID) throws(LedgerError) -> [Group] {
    try ledger.reading { (state) throws(StateUnreadable) in
      var groups: [Group] = []
      for id in try state.subscribedGroups(of: account) {
        if let group = try state.group(id), !group.isDeleted { groups.append(group) }
      }
      return groups
    }
  }
}
