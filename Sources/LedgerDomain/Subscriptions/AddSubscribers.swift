package import LedgerEvents

/// People become subscribers of a public group: an account itself, or people whom an admin of the group names.
///
/// Each is answered for alone: who is a subscriber already stays one, and the others are added. Only what can be no
/// subscriber at all, such as an account that there is not, refuses the request as a whole.
package struct AddSubscribers: Command {
  package var group: GroupID
  /// 1 to ``SubscriberLimits/named`` people. A number that no account holds makes a subscription without account, which
  /// goes to the person who verifies the number.
  package var people: [NamedPerson]
  /// An admin of the group, or the only account that is named.
  package var requester: Requester

  /// The additions that somebody asks for.
  package init(_ people: [NamedPerson], to group: GroupID, requester: some Requesting) {
    self.people = people
    self.group = group
    self.requester = Requester(requester)
  }

  package func decide(
    _ state: borrowing some DomainReader & ~Copyable, _ context: DecisionContext
  ) throws(DecisionFailure) -> Decision {
    _ = try state.requirePublicGroup(group, by: requester, isForSelf: isForSelf)
    try requireCount(people.count, in: 1...SubscriberLimits.named, field: "people")
    return Decision(by: requester, events: try state.subscriptions(for: people, to: group))
  }

  private var isForSelf: Bool {
    guard people.count == 1, case .account(let id) = people[0] else { return false }
    return id == requester.account
  }

  /// For each person in the order of the request, the subscription that was made; nil for one who was a subscriber
  /// already, by an earlier subscription or as an earlier one of the people.
  package func outcome(of recorded: RecordedEvents) -> [SubscriptionID?] {
    var made = [SubscriptionID?](repeating: nil, count: people.count)
    for (offset, event) in recorded.events.enumerated() {
      guard case .groupSubscriberAdded(let event) = event, made.indices.contains(Int(event.item) - 1) else { continue }
      made[Int(event.item) - 1] = SubscriptionID(madeAt: recorded.first + UInt64(offset))
    }
    return made
  }
}

extension DomainReader where Self: ~Copyable {
  fileprivate func subscriptions(
    for people: [NamedPerson], to group: GroupID
  ) throws(DecisionFailure) -> [LedgerEvent] {
    try requireSealed(people)
    var refusals = ItemRefusals(field: "people")
    var seen: Set<FoundPerson.Identity> = []
    var events: [LedgerEvent] = []
    for (index, person) in people.enumerated() {
      guard let found = try refusals.attempt(index, { () throws(DecisionFailure) in try find(person) }),
        seen.insert(found.identity).inserted, try subscriptions(of: found, in: group).isEmpty
      else { continue }
      var event = GroupSubscriberAdded()
      event.group = group.rawValue
      event.account = found.account?.rawValue ?? 0
      if let sealed = found.sealed { event.number = sealed }
      event.item = UInt32(index + 1)
      events.append(.groupSubscriberAdded(event))
    }
    try refusals.check()
    return events
  }
}
