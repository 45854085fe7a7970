package import LedgerCrypto
package import LedgerEvents

/// Subscribers of a public group are removed by an admin, or one leaves. Each is answered for alone: who is no
/// subscriber needs nothing done, and the others are removed.
package struct RemoveSubscribers: Command {
  /// Who is to be no subscriber any more.
  package enum Target: Sendable, Hashable {
    case account(AccountID)
    /// The keyed hash of a number in E.164 form: the person added by it, and the person who holds it.
    case number(Digest)
    case subscription(SubscriptionID)
  }

  package var group: GroupID
  /// 1 to ``SubscriberLimits/named``.
  package var targets: [Target]
  /// An admin of the group, or the only subscriber who is named.
  package var requester: Requester

  /// The removals that somebody asks for.
  package init(_ targets: [Target], from group: GroupID, requester: some Requesting) {
    self.targets = targets
    self.group = group
    self.requester = Requester(requester)
  }

  package func decide(
    _ state: borrowing some DomainReader & ~Copyable, _ context: DecisionContext
  ) throws(DecisionFailure) -> Decision {
    var isForSelf = false
    if targets.count == 1, let account = requester.account {
      switch targets[0] {
      case .account(let id): isForSelf = id == account
      case .subscription(let id): isForSelf = try read(state.subscription(id))?.account == account
      case .number: break
      }
    }
    _ = try state.requirePublicGroup(group, by: requester, isForSelf: isForSelf)
    try requireCount(targets.count, in: 1...SubscriberLimits.named, field: "targets")
    var seen: Set<SubscriptionID> = []
    var events: [LedgerEvent] = []
    for (index, target) in targets.enumerated() {
      for id in try state.subscriptions(of: target, in: group) where seen.insert(id).inserted {
        guard let subscription = try read(state.subscription(id)) else { continue }
        var event = GroupSubscriberRemoved()
        event.group = group.rawValue
        event.subscription = id.rawValue
        event.account = subscription.account?.rawValue ?? 0
        event.item = UInt32(index + 1)
        events.append(.groupSubscriberRemoved(event))
      }
    }
    return Decision(by: requester, events: events)
  }

  /// For each of those named, in order, whether it was a subscriber until now.
  package func outcome(of recorded: RecordedEvents) -> [Bool] {
    var ended = [Bool](repeating: false, count: targets.count)
    for case .groupSubscriberRemoved(let event) in recorded.events where ended.indices.contains(Int(event.item) - 1) {
      ended[Int(event.item) - 1] = true
    }
    return ended
  }
}

extension DomainReader where Self: ~Copyable {
  fileprivate func subscriptions(
    of target: RemoveSubscribers.Target, in group: GroupID
  ) throws(DecisionFailure) -> [SubscriptionID] {
    switch target {
    case .account(let id): return try subscriptions(of: FoundPerson(account: id), in: group)
    case .number(let number):
      return try subscriptions(of: FoundPerson(account: try holder(of: number), number: number), in: group)
    case .subscription(let id):
      guard let known = try read(subscription(id)), known.group == group, !known.isRemoved else { return [] }
      return [id]
    }
  }
}
