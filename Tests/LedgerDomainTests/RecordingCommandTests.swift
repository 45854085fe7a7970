import LedgerCrypto
import LedgerEvents
import LedgerTestSupport
import Testing

@testable import LedgerDomain

/// Commands that record what happened outside the rules: to a message, a key, the clock, or a token in a public place.
@Suite struct RecordingCommandTests {
  var scenario = Scenario()

  @Test("The result of sending a PIN is recorded for the account that asked for it")
  mutating func dispatchedPIN() throws {
    let alice = try scenario.account("alice")
    let challenge = try scenario.challenge("+911199999999", by: alice)
    var command = RecordPINDispatch(challenge: challenge, attempts: 2, failure: .none, status: 201)
    let event = filled(PhonePINDispatched()) {
      $0.account = alice.rawValue
      $0.challenge = challenge.rawValue
      $0.attempts = 2
      $0.status = 201
    }
    try scenario.when(command).then(.phonePINDispatched(event), by: .operator)
    command.status = 99
    scenario.when(command).thenRefused(.invalidValue, field: "status")
    command.status = 0
    command.challenge = ChallengeID(rawValue: 99)
    scenario.when(command).thenRefused(.notFound, field: "challenge")
  }

  @Test("Persons whose keys are lost are erased in the log, each once, and at most eight by one command")
  mutating func lostKeys() throws {
    let alice = try scenario.account("alice")
    let (known, other) = ([UInt8](repeating: 1, count: 16), [UInt8](repeating: 22, count: 16))
    let first = filled(SubjectErased()) {
      $0.person = .init(known)
      $0.account = alice.rawValue
    }
    let second = filled(SubjectErased()) { $0.person = .init(other) }
    let command = RecordLostKeys([.init(known, account: alice), .init(other, account: nil)])
    try scenario.when(command).then(.subjectErased(first), .subjectErased(second), by: .operator)
    #expect(try scenario.perform(command) == 2)
    #expect(try scenario.when(command).thenNothing() == 0)
    let nine = [RecordLostKeys.Person](repeating: .init(known, account: nil), count: 9)
    scenario.when(RecordLostKeys(nine)).thenRefused(.invalidValue, field: "persons")
  }

  @Test("Keys that were made and dropped are recorded once, and older keys than the log knows are refused")
  mutating func keys() throws {
    func command(_ oldest: UInt32, _ newest: UInt32) -> RecordKeys {
      RecordKeys(kept: [.init(.lookup, KeyNumbers(oldest: oldest, newest: newest), beforeUntil: 7)])
    }
    let rotated = filled(KeyRotated()) {
      $0.purpose = .lookup
      $0.before = 1
      $0.after = 3
      $0.beforeUntil = 7
    }
    let dropped = filled(KeyDropped()) {
      $0.purpose = .lookup
      $0.oldest = 2
    }
    try scenario.when(command(1, 1)).thenNothing()
    try scenario.when(command(2, 3)).then(.keyRotated(rotated), .keyDropped(dropped), by: .operator)
    #expect(try scenario.perform(command(2, 3)) == 2)
    try scenario.when(command(2, 3)).thenNothing()
    scenario.when(command(2, 2)).thenRefused(.conflict, field: "keys")
  }

  @Test("The clock is corrected only after a step, and backwards only where somebody confirms it")
  func clock() throws {
    let (from, state) = (scenario.now, scenario.state)
    func events(_ command: CorrectClock, at now: Timestamp) throws -> [LedgerEvent] {
      try command.decide(state, DecisionContext(now: now, next: 5, correctedFrom: from)).events
    }
    scenario.when(CorrectClock(reason: .confirmed)).thenRefused(.conflict, field: "clock")
    var event = filled(ClockCorrected()) {
      $0.from = from.milliseconds
      $0.to = from.milliseconds + 60_000
      $0.reason = .synchronized
    }
    let later = from + Duration.seconds(60)
    #expect(try events(CorrectClock(reason: .synchronized), at: later) == [.clockCorrected(event)])
    let earlier = from - Duration.seconds(60)
    #expect(throws: DecisionFailure.self) { try events(CorrectClock(reason: .synchronized), at: earlier) }
    event.to = from.milliseconds - 60_000
    event.reason = .confirmed
    event.first = 3
    // At least the length of the step, whatever was said.
    event.ahead = 60_000
    #expect(try events(CorrectClock(reason: .confirmed, first: 3, ahead: 1), at: earlier) == [.clockCorrected(event)])
  }

  @Test("A leaked token is recorded where it was found, and stopped once; another secret is no token")
  func leak() throws {
    let access = try GroupAccess()
    var scenario = access.scenario
    var command = ReportLeak(
      token: access.token, digest: .of("access"), reporter: "scan", source: "a\u{1B}b", location: "notes.txt")
    let leak = filled(TokenLeakReported()) {
      $0.token = access.token.rawValue
      $0.connector = access.connector.rawValue
      $0.grant = access.grant.rawValue
      $0.group = access.group.rawValue
      $0.family = access.family.rawValue
      $0.reporter = "scan"
      $0.source = "a\u{FFFD}b"
      $0.location = "notes.txt"
    }
    let decision = try scenario.when(command).result.get()
    #expect(decision.events.map(\.type) == [.tokenLeakReported, .tokenRevoked] && decision.actor == .operator)
    #expect(decision.events.first == .tokenLeakReported(leak))
    #expect(try scenario.perform(command) == .recorded(stopped: true))
    #expect(try scenario.when(command).then(.tokenLeakReported(leak)) == .recorded(stopped: false))
    command.digest = .of("another")
    #expect(try scenario.when(command).thenNothing() == .unknown)
  }

  @Test("Opening personal data is recorded for every account but one's own, six to an event")
  mutating func reveal() throws {
    let alice = try scenario.account("alice")
    let auditor = try scenario.account("auditor", role: .auditor)
    let others = try (0..<6).map { try scenario.account("other \($0)") }
    func revealed(_ accounts: [AccountID]) -> LedgerEvent {
      .personalDataRevealed(
        filled(PersonalDataRevealed()) {
          $0.purpose = "account show"
          $0.accounts = accounts.map(\.rawValue)
        })
    }
    func command(_ accounts: [AccountID], _ requester: Requester, all: Bool = false) -> RevealPersonalData {
      RevealPersonalData(for: "account show", accounts: accounts, isEverybody: all, requester: requester)
    }
    try scenario.when(command([alice], .account(alice))).thenNothing()
    let (byAlice, ofAll) = (
      scenario.when(command([auditor], .account(alice))).result,
      scenario.when(command([], .account(auditor), all: true)).result
    )
    #expect(throws: DecisionFailure.self) { try byAlice.get() }
    #expect(throws: DecisionFailure.self) { try ofAll.get() }
    try scenario.when(command([alice, auditor], .account(auditor))).then(revealed([alice]), by: Subject(auditor))
    let all = [alice] + others
    try scenario.when(command(all, .operator)).then(revealed(Array(all.prefix(6))), revealed([all[6]]), by: .operator)
    let everybody = filled(PersonalDataRevealed()) {
      $0.purpose = "account show"
      $0.everybody = true
    }
    try scenario.when(command([], .operator, all: true)).then(.personalDataRevealed(everybody))
  }

  @Test("A proposal is used up only where the rules ask for one")
  mutating func proposal() throws {
    let operators = try ["ada", "bo", "cy"].map { try scenario.account($0, role: .operator) }
    try scenario.when(UseProposal(of: .keys, Approval())).thenNothing()
    try scenario.perform(
      ConfigureOversight(Oversight(namesOperators: true, guarded: [.keys]), named: operators[0]))
    scenario.when(UseProposal(of: .keys, Approval())).thenRefused(.approvalRequired, field: "proposal")
    try scenario.when(UseProposal(of: .erasure, Approval())).thenNothing()
  }
}
