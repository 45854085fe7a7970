import CredentialLedger
import LedgerOperations
import LedgerTestSupport
import Testing

@Suite struct InvitationAreaTests {
  let folder = TemporaryFolder()
  let clock = TestClock()

  @Test("Adding a number tells nobody whose it is, until its holder accepts") func addingNumber() async throws {
    let ledger = try await Ledger.create(
      at: folder.path + "/ledger", origin: "ledger.example.org", clock.configuration)
    let steps = try await FourSteps(on: ledger)
    // Somebody without a phone makes a group, and adds numbers to learn who has them.
    let curious = try await ledger.accounts.signIn(issuer: "https://id.example.org", subject: "curious").account
    let (held, free) = (try PhoneNumber("+4915112345678"), try PhoneNumber("+4915112345679"))
    let group = try await ledger.groups.create(name: "Numbers", by: curious)
    let invited = try await ledger.groups.add(held, role: .admin, to: group.id, by: curious)
    _ = try await ledger.groups.add(
      [.init(.number(free)), .init(.account(steps.admin))], to: group.id, by: curious)
    #expect(try ledger.groups.members(of: group.id).map(\.account) == [curious, nil, nil, steps.admin])
    let summary = try await ledger.groups.summary(of: group.id, for: .requester(.account(curious)))
    #expect(summary.own.unprovisioned == 2 && summary.own.members == 4)
    // A member already: nothing to accept.
    #expect(try ledger.groups.invitations(to: steps.admin).isEmpty)
    let second = try await ledger.groups.create(
      name: "Others", members: [.init(.number(held), role: .admin)], by: curious)
    let invitation = try #require(try ledger.groups.invitations(to: steps.admin).first)
    #expect(invitation.group == second.id && invitation.role == .admin)
    #expect(try ledger.groups.group(second.id)?.adminCount == 1)
    let refused = await #expect(throws: LedgerError.self) {
      try await ledger.groups.accept(invitation.membership, by: steps.developer)
    }
    #expect(refused?.code.rawValue == "not_found" && invited != invitation.membership)
    let context = RequestContext(idempotencyKey: "once")
    for _ in 0..<2 {
      try await ledger.groups.accept(invitation.membership, by: steps.admin, context: context)
    }
    #expect(try ledger.groups.members(of: second.id).map(\.account) == [curious, steps.admin])
    #expect(try ledger.groups.group(second.id)?.adminCount == 2)
    #expect(try await ledger.audit.latest(of: .type(.groupInvitationAccepted)).count == 1)
    let digests = try await ledger.integrity.projectionDigests()
    try await ledger.integrity.rebuildProjections()
    #expect(try await ledger.integrity.projectionDigests() == digests)
    await ledger.close()
  }

  @Test("Whoever gets a number years later gets no role with it") func getsNumber() async throws {
    let ledger = try await Ledger.create(
      at: folder.path + "/ledger", origin: "ledger.example.org", clock.configuration)
    let steps = try await FourSteps(on: ledger)
    let number = try PhoneNumber("+33699999999")
    let invited = try await ledger.groups.add(number, role: .admin, to: steps.group.id, by: steps.admin)
    clock.advance(seconds: 5 * 365 * 86_400)
    let later = try await ledger.accounts.signIn(issuer: "https://id.example.org", subject: "later").account
    let request = try await ledger.phones.requestPIN(for: number, by: later)
    _ = try await ledger.phones.verify(#require(request.pin).digits, challenge: request.challenge, by: later)
    #expect(try ledger.groups.joined(by: later).isEmpty)
    #expect(try ledger.groups.invitations(to: later).isEmpty)
    let refused = await #expect(throws: LedgerError.self) {
      try await ledger.groups.accept(invited, by: later)
    }
    #expect(refused?.code.rawValue == "gone")
    await ledger.close()
  }
}
