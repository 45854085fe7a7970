import EventLog
import LMDB
import LedgerCrypto
import LedgerDomain
import LedgerEvents
import LedgerTestSupport
import Testing

@testable import Projections

extension Walk {
  /// Compares each answer of the projections with the model's.
  func compare() throws {
    let snapshot = try ledger.log.snapshot()
    let state = try snapshot.participant.snapshotState(
      in: BorrowedTransaction(snapshot.transaction), log: snapshot.tables)
    let personal = ledger.log.participant.personalData
    let note: Comment = "seed \(random.seed), head \(head)"
    try compareWebhooks(state, note)
    #expect(try snapshot.head() == head, note)
    for position in 1...head + 1 {
      #expect(try state.standing(of: position) == model.standing(of: position), note)
      let ids = (
        AccountID(rawValue: position), PhoneID(rawValue: position), ChallengeID(rawValue: position),
        ConnectorID(rawValue: position), GroupID(rawValue: position), MembershipID(rawValue: position),
        GrantID(rawValue: position), SubscriptionID(rawValue: position)
      )
      #expect(try state.account(ids.0) == model.account(ids.0), note)
      #expect(try state.phone(ids.1) == model.phone(ids.1), note)
      #expect(try state.challenge(ids.2) == model.challenge(ids.2), note)
      #expect(try state.connector(ids.3) == model.connector(ids.3), note)
      #expect(try state.credentials(of: ids.3) == model.credentials(of: ids.3), note)
      #expect(try state.group(ids.4) == model.group(ids.4), note)
      #expect(try state.membership(ids.5) == model.membership(ids.5), note)
      #expect(try state.grant(ids.6) == model.grant(ids.6), note)
      let code = AuthorizationCodeID(rawValue: position)
      #expect(try state.code(code) == model.code(code), note)
      #expect(try state.subscription(ids.7) == model.subscription(ids.7), note)
      #expect(try state.number(of: ids.1) == model.number(of: ids.1), note)
    }
    for number in Self.numbers {
      let hash = try personal.hash(number: Array(number.utf8))
      #expect(try state.phone(number: hash) == model.phone(number: hash), note)
      #expect(try state.memberships(number: hash) == model.memberships(number: hash), note)
      #expect(try state.subscriptions(number: hash) == model.subscriptions(number: hash), note)
      #expect(try state.person(ofNumber: hash) == model.person(ofNumber: hash), note)
      for account in model.accounts.keys {
        #expect(try state.challenge(for: hash, by: account) == model.challenge(for: hash, by: account), note)
      }
      for group in model.groups.keys {
        #expect(try state.membership(number: hash, in: group) == model.membership(number: hash, in: group), note)
        #expect(try state.subscription(number: hash, in: group) == model.subscription(number: hash, in: group), note)
      }
    }
    for account in model.accounts.keys {
      #expect(try state.phones(of: account) == model.phones(of: account), note)
      #expect(try state.lastDisablement(of: account) == model.lastDisablement(of: account), note)
      for connector in model.connectors.keys {
        #expect(
          try state.lastRevokedGrant(to: connector, by: account)
            == model.lastRevokedGrant(to: connector, by: account), note)
      }
      for group in model.groups.keys {
        #expect(try state.membership(of: account, in: group) == model.membership(of: account, in: group), note)
        #expect(try state.subscription(of: account, in: group) == model.subscription(of: account, in: group), note)
      }
      #expect(try state.groups(of: account) == model.groups(of: account), note)
      let subscribed = model.subscriptions.values.filter { $0.account == account && !$0.isRemoved }.map(\.group)
      #expect(try state.subscribedGroups(of: account) == subscribed.sorted(), note)
      for number in 0..<8 {
        let name = "Connector \(number)"
        #expect(try state.connector(named: name, of: account) == model.connector(named: name, of: account), note)
      }
      for connector in model.connectors.keys {
        for group in [nil] + model.groups.keys.map(Optional.some) {
          #expect(
            try state.grant(to: connector, group: group, granter: account)
              == model.grant(to: connector, group: group, granter: account), note)
        }
      }
    }
    for person in 0..<Self.people {
      let identity = try personal.hash(issuer: "https://login.example.org", subject: Array("person \(person)".utf8))
      #expect(try state.account(identity: identity) == model.account(identity: identity), note)
    }
    for number in 0...90 as ClosedRange<UInt8> {
      #expect(try state.connector(publicID: .fake(number)) == model.connector(publicID: .fake(number)), note)
      #expect(try state.group(publicID: .fake(number)) == model.group(publicID: .fake(number)), note)
    }
    for (id, namespace) in model.eventNamespaces {
      #expect(try state.eventNamespace(id) == namespace, note)
      #expect(try state.eventNamespace(named: namespace.name) == id, note)
    }
    #expect(try state.tenantAdmins() == model.tenantAdmins(), note)
    #expect(try state.operators() == model.operators(), note)
    #expect(try state.oversight() == model.oversight(), note)
    for id in model.proposals.keys { #expect(try state.proposal(id) == model.proposal(id), note) }
    #expect(
      try state.proposals(from: 1, limit: 1_000) == model.proposals.values.sorted { $0.id < $1.id }, note)
    for person in model.erased { #expect(try state.isErased(person: person), note) }
    try compareGroups(state, note)
  }

  private func compareGroups(_ state: borrowing LedgerState, _ note: Comment) throws {
    for id in model.groups.keys {
      #expect(try state.subgroups(of: id) == model.subgroups(of: id), note)
      #expect(try state.parents(of: id) == model.parents(of: id), note)
      var page = try state.subscriptions(of: id, from: SubscriptionID(rawValue: 1), limit: 3)
      var found = page
      while let last = page.last {
        page = try state.subscriptions(of: id, from: SubscriptionID(rawValue: last.id.rawValue + 1), limit: 3)
        found += page
      }
      let expected = model.subscriptions.values.filter { $0.group == id && !$0.isRemoved }
      #expect(found == expected.sorted { $0.id < $1.id }, note)
      guard model.groups[id]?.isDeleted == false else { continue }
      let summary = try state.summary(of: id, for: .requester(.operator))
      #expect(summary.own == counts(of: [id]), note)
      #expect(summary.hierarchy == counts(of: below(id)), note)
    }
    let all = try state.groups(from: GroupID(rawValue: 1), limit: .max).map(\.id)
    #expect(all == model.groups.keys.sorted(), note)
    for account in model.accounts.values where !account.isDisabled {
      let viewer = GroupViewer.requester(.account(account.id))
      let seen = try state.visibleGroups(to: viewer, scope: .hierarchy, after: nil, limit: 1_000)
      #expect(try seen == model.visibleGroups(to: viewer, scope: .hierarchy, after: nil, limit: 1_000), note)
      let own = model.groups.keys.filter { group in
        model.groups[group]?.isDeleted == false && isMember(account.id, of: group)
      }
      let readable = own.reduce(into: Set()) { $0.formUnion(below($1)) }
      #expect(Set(seen.filter(\.isReadable).map(\.group.id)) == readable, note)
    }
  }

  private func isMember(_ account: AccountID, of group: GroupID) -> Bool {
    model.memberships.values.contains { $0.account == account && $0.group == group && !$0.isRemoved }
  }

  /// A group and all below it, by going through every way there is.
  private func below(_ group: GroupID) -> Set<GroupID> {
    guard model.groups[group]?.isDeleted == false else { return [] }
    return model.subgroups[group, default: []].reduce(into: [group]) { $0.formUnion(below($1)) }
  }

  /// Counts from the model's rows alone.
  private func counts(of groups: Set<GroupID>) -> GroupCounts {
    let members = model.memberships.values.filter { groups.contains($0.group) && !$0.isRemoved }
    let subscribers = model.subscriptions.values.filter { groups.contains($0.group) && !$0.isRemoved }
    func name(_ account: AccountID?, _ number: Sealed?) -> String {
      if let account { return account.description }
      guard let number else { return "" }
      let hash = hashes.number(number)
      let holder = model.phones.values.first { !$0.isRemoved && hashes.number($0.number) == hash }
      return holder?.account.description ?? "\(number.personBytes)"
    }
    var counts = GroupCounts()
    counts.groups = groups.count
    counts.memberships = members.count
    func memberName(_ member: Membership) -> String {
      member.account?.description ?? member.number.map { "\($0.personBytes)" } ?? ""
    }
    let people = Set(members.map(memberName))
    counts.members = people.count
    counts.admins = Set(members.filter { $0.role == .admin }.map(memberName)).count
    counts.unprovisioned = people.count { $0.hasPrefix("[") }
    counts.subscribers = Set(subscribers.map { name($0.account, $0.number) }).count
    return counts
  }
}
