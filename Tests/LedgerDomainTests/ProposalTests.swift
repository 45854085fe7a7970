import LedgerCrypto
import LedgerEvents
import LedgerTestSupport
import Testing

@testable import LedgerDomain

/// What needs two operators, and every way in which an approval is none.
@Suite struct ProposalTests {
  var scenario = Scenario()
  let ada: AccountID
  let bo: AccountID
  let cy: AccountID
  let user: AccountID
  let admin: AccountID
  let request: ProposedRequest

  init() throws {
    ada = try scenario.account("ada", role: .operator)
    bo = try scenario.account("bo", role: .operator)
    cy = try scenario.account("cy", role: .operator)
    user = try scenario.account("user")
    admin = try scenario.account("admin", role: .tenantAdmin)
    request = ProposedRequest(kind: .roles, digest: .of("a"), words: "give account:4 the role auditor", account: user)
    try scenario.perform(
      ConfigureOversight(Oversight(namesOperators: true, guarded: [.roles, .erasure, .keys]), named: ada))
  }

  private var roleChange: LedgerEvent {
    .accountRoleChanged(
      .with {
        $0.account = user.rawValue
        $0.before = .user
        $0.after = .auditor
      })
  }

  /// What the rule says to events: nothing, the proposal that is used up, or the refusal.
  private func rule(
    _ events: [LedgerEvent], _ approval: Approval, as actor: Subject = .operator, in scenario: Scenario
  ) -> String {
    do throws(DecisionFailure) {
      let used = try scenario.state.requireApproval(of: events, by: actor, approval, at: scenario.now)
      guard let used else { return "nothing" }
      guard case .proposalDecided(let event) = used, event.decision == .executed else { return "another event" }
      return "uses \(event.proposal) by \(event.operator)"
    } catch {
      guard case .refused(let refusal) = error else { return "unreadable" }
      return "\(refusal.code) \(refusal.field)"
    }
  }

  private func approved(in scenario: inout Scenario) throws -> ProposalID {
    let id = try scenario.perform(MakeProposal(request, requester: .operator, named: ada))
    try scenario.perform(DecideProposal(id, .approve, requester: .operator, named: bo))
    return id
  }

  @Test("The rule looks at the events, whichever command made them")
  func guardedEvents() throws {
    let erased = LedgerEvent.subjectErased(.with { $0.account = user.rawValue })
    let registered = LedgerEvent.accountRegistered(.with { $0.role = .operator })
    let keys: [LedgerEvent] = [
      .keyRotated(.init()), .keyDropped(.init()), .signingKeyRotated(.init()), .masterKeyRotated(.init()),
    ]
    for event in [roleChange, erased, registered, .oversightConfigured(.init())] + keys {
      #expect(rule([event], Approval(), in: scenario) == "approval_required proposal", "\(event.type)")
      // An event that stands first hides none.
      #expect(rule([.accountEnabled(.init()), event], Approval(), in: scenario) == "approval_required proposal")
    }
    // A tenant administrator or an operator in person goes no other way.
    for account in [admin, bo] {
      #expect(rule([roleChange], Approval(), as: Subject(account), in: scenario) == "approval_required proposal")
      #expect(rule([registered], Approval(), as: Subject(account), in: scenario) == "approval_required proposal")
    }
    // People sign in and erase themselves.
    #expect(rule([erased], Approval(), as: Subject(user), in: scenario) == "nothing")
    #expect(
      rule([.accountRegistered(.with { $0.role = .user })], Approval(), as: Subject(user), in: scenario) == "nothing")
    var other = Scenario()
    let only = try other.account("only", role: .operator)
    for event in [roleChange, erased, registered, .oversightConfigured(.init())] + keys {
      #expect(rule([event], Approval(named: only), in: other) == "nothing", "\(event.type)")
    }
  }

  @Test("Whoever registers an account with a role hears by which way it gets the role")
  func registeredWithRole() throws {
    func remedy(_ event: LedgerEvent) -> String? {
      do throws(DecisionFailure) {
        _ = try scenario.state.requireApproval(of: [event], by: .operator, Approval(), at: scenario.now)
        return nil
      } catch {
        guard case .refused(let refusal) = error else { return nil }
        return refusal.remedy
      }
    }
    #expect(
      remedy(.accountRegistered(.with { $0.role = .auditor }))?.hasPrefix("register the account with the role user")
        == true)
    #expect(remedy(roleChange)?.hasPrefix("propose the change") == true)
  }

  @Test("The rules guard themselves as long as they guard anything")
  func selfGuarding() throws {
    var few = Scenario()
    let (one, two) = (try few.account("one", role: .operator), try few.account("two", role: .operator))
    let event = LedgerEvent.oversightConfigured(.init())
    #expect(rule([event], Approval(named: one), in: few) == "nothing")
    try few.perform(ConfigureOversight(Oversight(namesOperators: true, guarded: [.restore]), named: two))
    #expect(rule([event], Approval(named: one), in: few) == "approval_required proposal")
    #expect(rule([roleChange], Approval(named: one), in: few) == "nothing")
  }

  @Test("A proposal is used once, by an operator, for the very request, within 72 hours")
  func used() throws {
    var scenario = scenario
    let id = try approved(in: &scenario)
    let approval = Approval(request, by: id, named: cy)
    #expect(rule([roleChange], approval, in: scenario) == "uses \(id.rawValue) by \(cy.rawValue)")
    #expect(
      rule([roleChange], Approval(request, by: id), as: Subject(bo), in: scenario)
        == "uses \(id.rawValue) by \(bo.rawValue)")
    #expect(rule([], approval, in: scenario) == "nothing")
    // Who executes it is an operator.
    #expect(rule([roleChange], Approval(request, by: id), as: Subject(admin), in: scenario) == "forbidden operator")
    #expect(rule([roleChange], Approval(request, by: id), in: scenario) == "forbidden operator")
    // Another request, in any part.
    for change in [
      { $0.digest = .of("b") }, { $0.words = "give account:5 the role auditor" }, { $0.kind = .keys },
    ] as [(inout ProposedRequest) -> Void] {
      var other = request
      change(&other)
      #expect(rule([roleChange], Approval(other, by: id, named: ada), in: scenario) == "conflict proposal")
    }
    #expect(rule([roleChange], Approval(nil, by: id, named: ada), in: scenario) == "conflict proposal")
    #expect(
      rule([roleChange], Approval(request, by: .init(rawValue: 1), named: ada), in: scenario) == "not_found proposal")
    #expect(
      rule([.accountEnabled(.init())], Approval(nil, by: id, named: ada), in: scenario) == "invalid_value proposal")
    // Its time.
    var late = scenario
    late.now = scenario.now + .milliseconds(72 * 3_600_000 - 1)
    #expect(rule([roleChange], approval, in: late) == "uses \(id.rawValue) by \(cy.rawValue)")
    late.now = scenario.now + .seconds(72 * 3_600)
    #expect(rule([roleChange], approval, in: late) == "gone proposal")
    // Once.
    try scenario.given(
      .proposalDecided(
        .with {
          $0.proposal = id.rawValue
          $0.decision = .executed
          $0.operator = cy.rawValue
        }))
    #expect(rule([roleChange], approval, in: scenario) == "gone proposal")
  }

  @Test("A proposal that was not approved, or no longer stands, is of no use")
  func unusable() throws {
    var scenario = scenario
    let id = try scenario.perform(MakeProposal(request, requester: .operator, named: ada))
    let approval = Approval(request, by: id, named: cy)
    #expect(rule([roleChange], approval, in: scenario) == "approval_required proposal")
    for (answer, decider) in [(DecideProposal.Answer.withdraw, ada), (.reject, cy)] {
      for isApproved in [false, true] {
        var ended = scenario
        if isApproved { try ended.perform(DecideProposal(id, .approve, requester: .operator, named: bo)) }
        try ended.perform(DecideProposal(id, answer, requester: .operator, named: decider))
        #expect(rule([roleChange], approval, in: ended) == "gone proposal", "\(answer)")
        ended.when(DecideProposal(id, .approve, requester: .operator, named: bo)).thenRefused(.gone, field: "proposal")
      }
    }
    try scenario.perform(DecideProposal(id, .approve, requester: .operator, named: bo))
    var restored = scenario
    try restored.given(.ledgerRestored(.init()))
    #expect(rule([roleChange], approval, in: restored) == "gone proposal")
    // Both operators answer for it when it is done.
    for gone in [ada, bo] {
      for command in [
        DisableAccount(account: gone, reason: "left", requester: .operator),
        ChangeAccountRole(account: gone, role: .user, requester: .operator),
        EraseSubject(.account(gone), requester: .operator),
      ] as [any Command] {
        var left = scenario
        try left.perform(command)
        #expect(rule([roleChange], approval, in: left) == "forbidden proposal", "\(command)")
      }
    }
  }

  @Test("Another operator in force decides, and the proposer alone withdraws")
  func deciders() throws {
    var scenario = scenario
    let proposed = MakeProposal(request, requester: .operator, named: ada)
    try scenario.when(proposed).then(
      .proposalMade(
        .with {
          $0.kind = .role
          $0.request = .init(Digest.of("a"))
          $0.words = request.words
          $0.proposer = ada.rawValue
          $0.expiresAt = (scenario.now + .seconds(259_200)).milliseconds
          $0.account = user.rawValue
        }), by: .operator)
    for (requester, named) in [
      (Requester.operator, nil), (.operator, user), (.account(admin), nil), (.account(user), nil),
    ]
      as [(Requester, AccountID?)]
    {
      scenario.when(MakeProposal(request, requester: requester, named: named)).thenRefused(
        .forbidden, field: "operator")
    }
    let connector = Requester.connector(ConnectorID(rawValue: 7), for: ada)
    scenario.when(MakeProposal(request, requester: connector, named: nil)).thenRefused(.forbidden, field: "requester")
    let id = try scenario.perform(proposed)
    let approve = { DecideProposal(id, .approve, requester: $0, named: $1) }
    scenario.when(approve(.operator, ada)).thenRefused(.forbidden, field: "operator")
    scenario.when(approve(.account(ada), nil)).thenRefused(.forbidden, field: "operator")
    scenario.when(approve(.operator, nil)).thenRefused(.forbidden, field: "operator")
    scenario.when(approve(.account(admin), nil)).thenRefused(.forbidden, field: "operator")
    scenario.when(approve(.connector(ConnectorID(rawValue: 7), for: bo), nil)).thenRefused(
      .forbidden, field: "requester")
    scenario.when(DecideProposal(id, .reject, requester: .operator, named: ada)).thenRefused(
      .forbidden, field: "operator")
    scenario.when(DecideProposal(id, .withdraw, requester: .operator, named: bo))
      .thenRefused(.forbidden, field: "operator")
    scenario.when(DecideProposal(ProposalID(rawValue: 1), .approve, requester: .operator, named: bo))
      .thenRefused(.notFound, field: "proposal")
    var disabled = scenario
    try disabled.perform(DisableAccount(account: bo, reason: "left", requester: .operator))
    disabled.when(approve(.operator, bo)).thenRefused(.forbidden, field: "operator")
    var late = scenario
    late.now = late.now + .seconds(72 * 3_600)
    late.when(approve(.operator, bo)).thenRefused(.gone, field: "proposal")
    try scenario.when(approve(.account(bo), nil)).then(
      .proposalDecided(
        .with {
          $0.proposal = id.rawValue
          $0.decision = .approved
          $0.operator = bo.rawValue
        }), by: Subject(bo))
  }

  @Test("A restore that needs two names both, and they are two")
  func restore() throws {
    func restored(_ named: AccountID?, _ approver: AccountID?, erases: Bool = false) -> RecordRestore {
      RecordRestore(events: 3, root: .of("root"), named: named, approver: approver, erases: erases)
    }
    try scenario.when(restored(nil, nil)).then(
      .ledgerRestored(
        .with {
          $0.events = 3
          $0.root = .init(Digest.of("root"))
        }))
    // The rules of this scenario need two for an erasure.
    scenario.when(restored(ada, nil, erases: true)).thenRefused(.approvalRequired, field: "approver")
    var scenario = scenario
    try scenario.perform(ConfigureOversight(Oversight(namesOperators: true, guarded: [.restore]), named: ada))
    scenario.when(restored(ada, nil)).thenRefused(.approvalRequired, field: "approver")
    scenario.when(restored(ada, ada)).thenRefused(.forbidden, field: "approver")
    scenario.when(restored(ada, user)).thenRefused(.forbidden, field: "approver")
    scenario.when(restored(user, ada)).thenRefused(.forbidden, field: "operator")
    scenario.when(restored(nil, ada)).thenRefused(.forbidden, field: "operator")
    try scenario.when(restored(ada, bo)).then(
      .ledgerRestored(
        .with {
          $0.events = 3
          $0.root = .init(Digest.of("root"))
          $0.approver = bo.rawValue
        }))
  }
}
