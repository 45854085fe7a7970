import LedgerCrypto
import LedgerEvents
import LedgerTestSupport
import Testing

@testable import LedgerDomain

@Suite struct SubscriberTests {
  var scenario = Scenario()
  let admin: AccountID
  let member: AccountID
  let alice: AccountID
  let group: GroupID
  let closed: GroupID
  let connector = ConnectorID(rawValue: 700)

  init() throws {
    admin = try scenario.account("admin")
    member = try scenario.account("member")
    alice = try scenario.account("alice")
    group = try scenario.group(by: admin, kind: .connectGroup)
    closed = try scenario.group(by: admin, publicID: .fake(101))
    for group in [group, closed] {
      _ = try scenario.member(of: group, account: admin, role: .admin)
      _ = try scenario.member(of: group, account: member)
    }
  }

  private func added(_ account: AccountID?, _ number: Sealed? = nil, item: UInt32) -> LedgerEvent {
    .groupSubscriberAdded(
      filled(GroupSubscriberAdded()) {
        $0.group = group.rawValue
        $0.account = account?.rawValue ?? 0
        if let number { $0.number = number }
        $0.item = item
      })
  }

  private func removed(_ id: SubscriptionID, _ account: AccountID?, item: UInt32) -> LedgerEvent {
    .groupSubscriberRemoved(
      filled(GroupSubscriberRemoved()) {
        $0.group = group.rawValue
        $0.subscription = id.rawValue
        $0.account = account?.rawValue ?? 0
        $0.item = item
      })
  }

  private func add(_ people: [NamedPerson], by requester: some Requesting) -> AddSubscribers {
    AddSubscribers(people, to: group, requester: requester)
  }

  private func remove(_ targets: [RemoveSubscribers.Target], by requester: some Requesting) -> RemoveSubscribers {
    RemoveSubscribers(targets, from: group, requester: requester)
  }

  private func hash(_ number: String) -> Digest { KeyedHashes.fake.number(.fake(number)) }

  @Test("An account subscribes itself, and leaves")
  mutating func own() throws {
    for requester: Requester in [.account(alice), .connector(connector, for: alice)] {
      let made = try scenario.when(add([.account(alice)], by: requester)).then(
        added(alice, item: 1), by: requester.actor)
      #expect(made == [SubscriptionID(rawValue: scenario.next)])
    }
    let id = try #require(try scenario.perform(add([.account(alice)], by: alice))[0])
    #expect(try scenario.when(add([.account(alice)], by: alice)).thenNothing() == [nil])
    for target: RemoveSubscribers.Target in [.account(alice), .subscription(id)] {
      #expect(
        try scenario.when(remove([target], by: alice)).then(removed(id, alice, item: 1), by: Subject(alice)) == [true])
    }
    try scenario.perform(remove([.account(alice)], by: alice))
    #expect(try scenario.when(remove([.subscription(id)], by: admin)).thenNothing() == [false])
    #expect(try scenario.when(remove([.account(alice)], by: alice)).thenNothing() == [false])
    // Whoever left may come again.
    try scenario.when(add([.account(alice)], by: alice)).then(added(alice, item: 1))
  }

  @Test("An admin, or a connector for one, names many, and each is answered for")
  mutating func many() throws {
    _ = try scenario.phone("+911", of: alice)
    let bob = try scenario.account("bob")
    let old = try #require(try scenario.perform(add([.account(bob)], by: bob))[0])
    let named: [NamedPerson] = [
      person("+912", key: 2), .account(bob), person("+911", key: 1), .account(alice), person("+912", key: 2),
      .account(member),
    ]
    let next = scenario.next
    for requester: Requester in [.account(admin), .connector(connector, for: admin), .operator] {
      let made = try scenario.when(add(named, by: requester)).then(
        added(nil, .fake("+912", person: 2), item: 1), added(alice, .fake("+911"), item: 3), added(member, item: 6),
        by: requester.actor)
      #expect(made.map { $0?.rawValue } == [next, nil, next + 1, nil, nil, next + 2])
    }
    try scenario.perform(add(named, by: admin))
    let gone = try scenario.when(
      remove(
        [
          .number(hash("+911")), .number(hash("+913")), .number(hash("+912")), .account(alice), .subscription(old),
          .subscription(SubscriptionID(rawValue: 999)), .account(AccountID(rawValue: 998)),
        ], by: admin)
    ).then(
      removed(SubscriptionID(rawValue: next + 1), alice, item: 1),
      removed(SubscriptionID(rawValue: next), nil, item: 3), removed(old, bob, item: 5), by: Subject(admin))
    #expect(gone == [true, false, true, false, true, false, false])
  }

  @Test("A repeated request is answered from its events alone")
  mutating func repeated() throws {
    let command = add([.account(alice), person("+912", key: 2)], by: admin)
    // As the log has them, whatever key the number is sealed under the second time.
    let events = [added(nil, .fake("+912", person: 9), item: 2)]
    #expect(
      command.outcome(of: RecordedEvents(first: 50, time: scenario.now, events: events))
        == [nil, SubscriptionID(rawValue: 50)])
    #expect(
      remove([.account(alice), .number(hash("+912"))], by: admin).outcome(
        of: RecordedEvents(
          first: 51, time: scenario.now, events: [removed(SubscriptionID(rawValue: 50), nil, item: 2)]))
        == [false, true])
  }

  @Test("Others are an admin's to name")
  mutating func othersAuthority() throws {
    for requester in [alice, member] {
      scenario.when(add([.account(admin)], by: requester)).thenRefused(.forbidden, field: "requester")
      scenario.when(add([.account(requester), .account(admin)], by: requester))
        .thenRefused(.forbidden, field: "requester")
      scenario.when(add([person("+912", key: 2)], by: requester)).thenRefused(.forbidden, field: "requester")
      scenario.when(remove([.account(admin)], by: requester)).thenRefused(.forbidden, field: "requester")
      scenario.when(remove([.number(hash("+912"))], by: requester)).thenRefused(.forbidden, field: "requester")
    }
    let id = try #require(try scenario.perform(add([.account(admin)], by: admin))[0])
    scenario.when(remove([.subscription(id)], by: alice)).thenRefused(.forbidden, field: "requester")
    scenario.when(remove([.subscription(SubscriptionID(rawValue: 99))], by: alice))
      .thenRefused(.forbidden, field: "requester")
  }

  @Test("Only a public group that is there has subscribers")
  mutating func publicOnly() throws {
    for requester: Requester in [.account(admin), .account(member), .operator] {
      scenario.when(AddSubscribers([.account(member)], to: closed, requester: requester))
        .thenRefused(.invalidValue, field: "group")
      scenario.when(RemoveSubscribers([.account(member)], from: closed, requester: requester))
        .thenRefused(.invalidValue, field: "group")
    }
    scenario.when(AddSubscribers([.account(alice)], to: closed, requester: alice))
      .thenRefused(.notFound, field: "group")
    scenario.when(RemoveSubscribers([.account(alice)], from: closed, requester: alice))
      .thenRefused(.notFound, field: "group")
    scenario.when(AddSubscribers([.account(alice)], to: GroupID(rawValue: 999), requester: alice))
      .thenRefused(.notFound, field: "group")
    for id in [group, closed] {
      try scenario.given(.groupDeleted(filled(GroupDeleted()) { $0.group = id.rawValue }))
    }
    for requester in [alice, admin] {
      scenario.when(add([.account(requester)], by: requester)).thenRefused(.gone, field: "group")
      scenario.when(remove([.account(requester)], by: requester)).thenRefused(.gone, field: "group")
    }
    scenario.when(AddSubscribers([.account(alice)], to: closed, requester: alice))
      .thenRefused(.notFound, field: "group")
  }

  @Test("Who can be no subscriber refuses the request as a whole")
  mutating func refusedWhole() throws {
    try scenario.given(.accountDisabled(filled(AccountDisabled()) { $0.account = alice.rawValue }))
    scenario.when(add([.account(alice)], by: alice)).thenRefused(.accountDisabled, field: "requester")
    scenario.when(remove([.account(alice)], by: alice)).thenRefused(.accountDisabled, field: "requester")
    let refusal = scenario.when(
      add([.account(member), .account(alice), .account(AccountID(rawValue: 999))], by: admin)
    ).thenRefused(.accountDisabled, field: "people")
    #expect(refusal?.items.map(\.index) == [1, 2])
    // A disabled account's subscription ends all the same, and a number stands for it.
    _ = try scenario.phone("+911", of: alice)
    try scenario.perform(add([person("+911", key: 1)], by: admin))
    #expect(try scenario.perform(remove([.account(alice)], by: admin)) == [true])
  }

  @Test("How many may be named is bounded")
  mutating func bounds() throws {
    scenario.when(add([], by: admin)).thenRefused(.invalidValue, field: "people")
    let many = (0..<101).map { person("+91\($0)", key: 3) }
    scenario.when(add(many, by: admin)).thenRefused(.invalidValue, field: "people")
    #expect(try scenario.perform(add(Array(many.dropLast()), by: admin)).count == 100)
    scenario.when(remove([], by: admin)).thenRefused(.invalidValue, field: "targets")
    scenario.when(remove((0..<101).map { .number(hash("+91\($0)")) }, by: admin))
      .thenRefused(.invalidValue, field: "targets")
  }

  @Test("Whoever verifies a number takes over what waited for it")
  mutating func verified() throws {
    let other = try scenario.group(by: admin, publicID: .fake(102), kind: .connectGroup)
    let waiting = try #require(try scenario.perform(add([person("+911", key: 1)], by: admin))[0])
    _ = try scenario.perform(AddSubscribers([person("+911", key: 1)], to: other, requester: Requester.operator))
    let own = try #require(try scenario.perform(AddSubscribers([.account(alice)], to: other, requester: alice))[0])
    let challenge = try scenario.challenge("+911", by: alice)
    let verified = filled(PhoneVerified()) {
      $0.account = alice.rawValue
      $0.challenge = challenge.rawValue
      $0.number = .fake("+911")
      // Not that to the group that the account subscribes to already.
      $0.subscriptions = [waiting.rawValue]
    }
    let command = VerifyPIN(account: alice, challenge: challenge, candidate: .of("1234"), number: hash("+911"))
    try scenario.when(command).then(.phoneVerified(verified))
    try scenario.perform(command)
    #expect(scenario.state.subscriptions[waiting]?.account == alice)
    try scenario.when(add([.account(alice)], by: alice)).thenNothing()
    // Leaving ends both subscriptions that the person has to the other group.
    let left = try scenario.perform(RemoveSubscribers([.account(alice)], from: other, requester: alice))
    #expect(left == [true])
    #expect(!scenario.state.subscriptions.values.contains { $0.group == other && !$0.isRemoved })
    #expect(scenario.state.subscriptions[own]?.isRemoved == true)
  }

  @Test("Pages hold whoever is there all the time once, while others come and go")
  mutating func pages() throws {
    let first = try scenario.perform(
      add((0..<7).map { person("+91\($0)", key: UInt8($0)) }, by: admin)
    ).compactMap(\.self)
    func page(_ after: SubscriptionID?, _ limit: Int = 3) throws -> SubscriberPage {
      try scenario.state.subscribers(of: group, after: after, limit: limit, by: .account(admin))
    }
    let one = try page(nil)
    #expect(one.subscribers.map(\.id) == Array(first[..<3]))
    #expect(one.next == first[2])
    // The cursor's own subscription ends, one not seen yet ends, and another comes.
    try scenario.perform(remove([.number(hash("+912")), .number(hash("+913"))], by: admin))
    let last = try scenario.perform(add([.account(alice)], by: alice)).compactMap(\.self)
    let two = try page(one.next)
    #expect(two.subscribers.map(\.id) == Array(first[4...6]))
    #expect(two.next == first[6])
    let three = try page(two.next)
    #expect(three.subscribers.map(\.id) == last)
    #expect(three.next == nil)
    #expect(try page(three.subscribers.last?.id).subscribers.isEmpty)
    #expect(try page(SubscriptionID(rawValue: .max)).subscribers.isEmpty)
    #expect(try page(nil, 6).next == nil)
    #expect(try page(nil, 5).next == first[6])
  }

  @Test("Only an admin sees the subscribers, fifty at a time")
  mutating func seen() throws {
    func refusal(_ limit: Int = 50, of group: GroupID? = nil, by requester: AccountID) -> Refusal? {
      do throws(DecisionFailure) {
        _ = try scenario.state.subscribers(
          of: group ?? self.group, after: nil, limit: limit, by: .account(requester))
      } catch { if case .refused(let refusal) = error { return refusal } }
      return nil
    }
    #expect(refusal(by: admin) == nil)
    for requester in [alice, member] { #expect(refusal(by: requester)?.code == .forbidden) }
    for limit in [0, 51] { #expect(refusal(limit, by: admin)?.field == "limit") }
    #expect(refusal(of: closed, by: admin)?.code == .invalidValue)
    #expect(refusal(of: closed, by: alice)?.code == .notFound)
    try scenario.given(.groupDeleted(filled(GroupDeleted()) { $0.group = group.rawValue }))
    #expect(refusal(by: admin)?.code == .gone)
  }

  @Test("Nothing is decided from a state that cannot be read")
  mutating func unreadable() {
    scenario.state.failure = StateUnreadable("broken")
    scenario.when(add([.account(alice)], by: alice)).thenUnreadable()
    scenario.when(remove([.account(alice)], by: alice)).thenUnreadable()
  }
}
