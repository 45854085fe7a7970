import CredentialLedger
import LedgerTestSupport
import Testing

/// As ``DocumentedCallsTests``, for many members, subscribers and views of groups.
@Suite struct DocumentedCallsOfGroupsTests {
  let folder = TemporaryFolder()

  /// The examples print nothing here.
  private func print(_ values: any Sendable...) { #expect(!values.isEmpty) }

  @Test("Members, subscribers and views") func membersSubscribers() async throws {
    let ledger = try await Ledger.create(
      at: folder.path + "/ledger", origin: "ledger.example.org", LedgerConfiguration())
    let steps = try await FourSteps(on: ledger)
    let admin = steps.admin
    let account = steps.developer
    let deputy = account
    do {
      let group = try await ledger.groups.create(
        name: "Field team", members: [.init(.number(PhoneNumber("+911199999999")))], by: account)
      #expect(group.memberCount == 1)
    }
    do {
      let group = steps.group.id
      try await ledger.groups.add(
        [.init(.number(PhoneNumber("+911199999999"))), .init(.account(deputy), role: .admin)], to: group, by: admin)
      let member = deputy
      let groups = try ledger.groups.visible(to: .requester(.account(member)), scope: .hierarchy)
      #expect(groups.count == 2)
      let claims = steps.granted
      let granted = try ledger.groups.visible(to: .grant(claims.grant))
      #expect(granted.count == 1)
      let summary = try await ledger.groups.summary(of: group, for: .grant(claims.grant))
      print("\(summary.hierarchy.members) people in \(summary.hierarchy.groups) groups")
      do {
        let members = try ledger.groups.members(of: group)
        let leave = try await ledger.disclose(.members(members), for: "call list", by: Requester.operator)
        let numbers = try await ledger.groups.revealNumbers(of: members, under: leave)
        #expect(numbers.count > 0)
      }
      let leavers = try ledger.groups.members(of: group).filter { $0.account == deputy }.map(\.id)
      try await ledger.groups.remove(leavers, from: group, by: admin)
    }
    let group = try await ledger.groups.create(name: "News", kind: .connectGroup, by: admin).id
    let made = try await ledger.groups.subscribe([.number(PhoneNumber("+911199999999"))], to: group, by: admin)
    print(made[0] == nil ? "was a subscriber" : "is one now")
    try await ledger.groups.unsubscribe([.account(account)], from: group, by: account)
    try await ledger.groups.subscribe(to: group, by: account)
    do {
      let page = try ledger.groups.subscribers(of: group, by: admin)
      let leave = try await ledger.disclose(.subscribers(page.subscribers), for: "call list", by: Requester.operator)
      let numbers = try await ledger.groups.revealNumbers(of: page.subscribers, under: leave)
      #expect(numbers.count > 0)
    }
    var page = try ledger.groups.subscribers(of: group, by: admin)
    while let next = page.next { page = try ledger.groups.subscribers(of: group, after: next, by: admin) }
    await ledger.close()
  }
}
