import LedgerTestSupport
import Testing

@testable import CredentialLedger

/// Changes that need two operators, through every call of the library that makes one.
@Suite struct FourEyesTests {
  let folder = TemporaryFolder()
  let clock = TestClock()
  let issuer = "https://id.example.org"
  var path: String { folder.path + "/ledger" }

  /// Whom a guarded ledger has.
  struct People {
    let ada: AccountID
    let bo: AccountID
    let user: AccountID
    let admin: AccountID
    var named: RequestContext { RequestContext(namedOperator: ada) }
  }

  private func made(guarded: Set<Oversight.Guarded> = [.erasure, .roles, .keys, .restore]) async throws -> (
    Ledger, People
  ) {
    let ledger = try await Ledger.create(at: path, origin: "ledger.example.org", clock.configuration)
    let people = People(
      ada: try await ledger.operators.create(issuer: issuer, subject: "ada", name: "Ada"),
      bo: try await ledger.operators.create(issuer: issuer, subject: "bo", name: "Bo"),
      user: try await ledger.accounts.signIn(issuer: issuer, subject: "user", name: "User").account,
      admin: try await ledger.accounts.signIn(issuer: issuer, subject: "admin", role: .tenantAdmin).account)
    try await ledger.operators.configure(Oversight(namesOperators: true, guarded: guarded), context: people.named)
    return (ledger, people)
  }

  private func approved(_ change: ProposedChange, _ ledger: Ledger, _ people: People) async throws -> RequestContext {
    let id = try await ledger.proposals.make(change, by: Requester.operator, context: people.named)
    try await ledger.proposals.approve(id, by: people.bo)
    return RequestContext(namedOperator: people.ada, proposal: id)
  }

  private var required: LedgerError { LedgerError(.init(rawValue: "approval_required"), "", field: "proposal") }

  @Test("One operator alone changes nothing that needs two, neither in the log nor in the keyring") func operatorAlone()
    async throws
  {
    let (ledger, people) = try await made()
    let (named, user) = (people.named, people.user)
    let changes: [() async throws -> Void] = [
      { try await ledger.accounts.changeRole(of: user, to: .auditor, by: Requester.operator, context: named) },
      { try await ledger.accounts.changeRole(of: user, to: .auditor, by: people.ada) },
      { try await ledger.accounts.changeRole(of: user, to: .auditor, by: people.admin) },
      { try await ledger.people.erase(user, by: Requester.operator, context: named) },
      { _ = try await ledger.operators.create(issuer: issuer, subject: "cy", name: "Cy", context: named) },
      { _ = try await ledger.accounts.signIn(issuer: issuer, subject: "cy", role: .tenantAdmin) },
      { try await ledger.operators.configure(Oversight(), context: named) },
      { try await ledger.operators.configure(Oversight(namesOperators: true), context: named) },
      { try await ledger.keys.rotate(.tokenMask, context: named) },
      { try await ledger.keys.rotate(.signing, context: named) },
      { try await ledger.keys.rotateAll(context: named) },
      { try await ledger.keys.drop(.tokenMask, context: named) },
      { try await ledger.keys.rotateSigningKey(context: named) },
      { try await ledger.keys.rotateMasterKey(to: .keysFolder, context: named) },
    ]
    let (head, keys, master) = (try ledger.head(), ledger.keys.all, ledger.keys.masterKeyFingerprint)
    for (index, change) in changes.enumerated() {
      await #expect(throws: required, "\(index)") { try await change() }
    }
    #expect(try ledger.head() == head && ledger.keys.all == keys && ledger.keys.masterKeyFingerprint == master)
    // What needs one goes on, and people act for themselves.
    #expect(try await ledger.accounts.disable(user, reason: "left", by: Requester.operator, context: named))
    #expect(try await ledger.accounts.enable(user, by: Requester.operator, context: named))
    clock.advance(seconds: 7_200)
    try await ledger.people.erase(user, by: user)
    await ledger.close()
  }

  @Test("Two operators change a role, and the log says who, by which proposal, in one commit") func twoOperators()
    async throws
  {
    let (ledger, people) = try await made()
    let context = try await approved(.changeRole(of: people.user, to: .auditor), ledger, people)
    let proposal = try #require(context.proposal)
    let before = try ledger.head()
    #expect(
      try await ledger.accounts.changeRole(of: people.user, to: .auditor, by: Requester.operator, context: context))
    #expect(try ledger.head() == before + 2)
    let entry = try #require(try await ledger.audit.latest(1, of: .type(.accountRoleChanged)).first)
    #expect(entry.subjects.contains(Subject(proposal)) && entry.namedOperator == people.ada)
    let trail = try await ledger.audit.latest(10, of: .subject(Subject(proposal)))
    #expect(
      trail.map(\.type) == [.proposalDecided, .accountRoleChanged, .proposalDecided, .proposalMade],
      "\(trail.map(\.type))")
    let kept = try #require(try ledger.proposals.proposal(proposal))
    #expect(kept.status == .executed && kept.proposer == people.ada && kept.approver == people.bo)
    // Neither the same change nor another is made by it again.
    for role in [AccountRole.user, .auditor] {
      let isDone = try? await ledger.accounts.changeRole(
        of: people.user, to: role, by: Requester.operator, context: context)
      #expect(isDone != true)
    }
    #expect(try await ledger.integrity.verify().projectionsMatch)
    await ledger.close()
  }

  @Test("Each change is made by its own proposal, and by no other") func eachChange() async throws {
    let (ledger, people) = try await made()
    let user = people.user
    let wrong = try await approved(.changeRole(of: people.admin, to: .user), ledger, people)
    let changes: [(ProposedChange, (RequestContext) async throws -> Void)] = [
      (
        .changeRole(of: user, to: .auditor),
        { try await ledger.accounts.changeRole(of: user, to: .auditor, by: Requester.operator, context: $0) }
      ),
      (.rotateKeys([.tokenMask]), { try await ledger.keys.rotate(.tokenMask, context: $0) }),
      (.dropKeys(.tokenMask), { try await ledger.keys.drop(.tokenMask, context: $0) }),
      (.rotateSigningKey(), { try await ledger.keys.rotateSigningKey(context: $0) }),
      (
        .rotateKeys([.derivation], overlap: .seconds(60)),
        { try await ledger.keys.rotate(.derivation, overlap: .seconds(60), context: $0) }
      ),
      (.rotateMasterKey(), { try await ledger.keys.rotateMasterKey(to: .keysFolder, context: $0) }),
      (.eraseAccount(user), { try await ledger.people.erase(user, by: Requester.operator, context: $0) }),
      (.configure(Oversight()), { try await ledger.operators.configure(Oversight(), context: $0) }),
    ]
    for (index, (change, make)) in changes.enumerated() {
      let keys = ledger.keys.all
      await #expect(throws: LedgerError(.init(rawValue: "conflict"), "", field: "proposal"), "\(index)") {
        try await make(wrong)
      }
      #expect(ledger.keys.all == keys, "\(index)")
      let context = try await approved(change, ledger, people)
      try await make(context)
      #expect(try ledger.proposals.proposal(try #require(context.proposal))?.status == .executed, "\(index)")
    }
    #expect(try ledger.operators.rules == Oversight())
    #expect(try ledger.accounts.account(user)?.isErased == true)
    await ledger.close()
    let again = try await Ledger.open(at: path, clock.configuration)
    #expect(try await again.integrity.verify().projectionsMatch)
    await again.close()
  }

  @Test("A rotation that uses up its proposal is not done twice by it") func rotationUses() async throws {
    let (ledger, people) = try await made()
    let context = try await approved(.rotateKeys([.tokenMask]), ledger, people)
    try await ledger.keys.rotate(.tokenMask, context: context)
    let keys = ledger.keys.all
    await #expect(throws: LedgerError(.init(rawValue: "gone"), "", field: "proposal")) {
      try await ledger.keys.rotate(.tokenMask, context: context)
    }
    #expect(ledger.keys.all == keys)
    let event = try #require(try await ledger.audit.latest(1, of: .type(.keyRotated)).first)
    #expect(event.subjects.contains(Subject(try #require(context.proposal))))
    await ledger.close()
  }

  @Test("An operator is registered as a user, and gets the role by a proposal that names the account")
  func operatorRegistered()
    async throws
  {
    let (ledger, people) = try await made()
    let cy = try await ledger.operators.create(
      issuer: issuer, subject: "cy", name: "Cy", role: .user, context: people.named)
    let context = try await approved(.changeRole(of: cy, to: .operator), ledger, people)
    #expect(try await ledger.accounts.changeRole(of: cy, to: .operator, by: Requester.operator, context: context))
    #expect(try ledger.operators.list().map(\.id) == [people.ada, people.bo, cy])
    await ledger.close()
  }

  @Test("A proposal says in words what is done, and no personal data") func proposalSays() async throws {
    let (ledger, people) = try await made()
    let changes: [(ProposedChange, String)] = [
      (.eraseAccount(people.user), "erase the person of \(people.user)"),
      (.changeRole(of: people.user, to: .tenantAdmin), "give \(people.user) the role tenant-admin"),
      (
        .configure(Oversight(namesOperators: true, guarded: [.keys, .erasure])),
        "have operators named, and two of them for erasure, keys"
      ), (.configure(Oversight()), "have nobody named, and two of them for nothing"),
      (.rotateKeys(KeyKind.allCases), "rotate the keys of every kind"),
      (
        .rotateKeys([.tokenMask], overlap: .seconds(7)), "rotate the keys of token-mask, with an overlap of 7000 ms"
      ), (.dropKeys(.lookup), "drop keys of lookup but the newest"),
      (.dropKeys(.lookup, below: 3), "drop keys of lookup below 3"),
      (.rotateSigningKey(), "replace the signing key"), (.rotateMasterKey(), "draw a new master key"),
      (
        .rotateMasterKey(to: "8d0cd1c6b4a2f9e0"),
        "replace the master key by the one of the fingerprint 8d0cd1c6b4a2f9e0"
      ),
    ]
    for (change, words) in changes {
      let id = try await ledger.proposals.make(change, by: people.ada, context: .none)
      #expect(try ledger.proposals.proposal(id)?.words == words)
    }
    let all = try ledger.proposals.list()
    #expect(all.count == changes.count && Set(all.map(\.request)).count == changes.count)
    #expect(try ledger.proposals.list(after: all[2].id, limit: 2) == Array(all[3...4]))
    await #expect(throws: LedgerError(.init(rawValue: "not_found"), "", field: "number")) {
      try await ledger.proposals.make(.eraseNumber(PhoneNumber("+911199999999")), by: people.ada, context: .none)
    }
    await ledger.close()
  }
}
