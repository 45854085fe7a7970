import LedgerTestSupport
import Testing

@testable import CredentialLedger
@testable import LedgerOperations

/// Steps of the clock, against everything that ends by itself and every limit.
@Suite struct ClockStepTests {
  let folder = TemporaryFolder()
  let clock = SteppedClock()
  private var path: String { "\(folder.path)/ledger" }
  private static let (second, hour, years) = (Int64(1), Int64(3_600), Int64(10 * 365 * 86_400))

  private func open() async throws -> Ledger { try await Ledger.open(at: path, clock.configuration) }

  private func begin() async throws -> (ledger: Ledger, begun: Begun) {
    let ledger = try await Ledger.create(at: path, origin: "ledger.example.org", clock.configuration)
    let steps = try await FourSteps(on: ledger)
    return (ledger, try await Begun(on: ledger, steps, "First", number: "+33612345601"))
  }

  private func command(_ ledger: Ledger, _ subject: String = "somebody") async throws {
    _ = try await ledger.accounts.signIn(issuer: "https://id.example.org", subject: subject)
  }

  /// Nothing lasts longer than it did, less what has passed; and where `exactly`, nothing shorter.
  private func expect(
    _ left: [String: Duration], _ before: [String: Duration], less passed: Int64, exactly: Bool = true,
    _ note: String, sourceLocation: SourceLocation = #_sourceLocation
  ) {
    #expect(left.count == 8 && before.count == 8)
    for (name, duration) in left {
      guard let expected = before[name].map({ $0 - .seconds(passed) }) else { continue }
      #expect(
        exactly ? duration == expected : duration <= expected, "\(name), \(note): \(duration), not \(expected)",
        sourceLocation: sourceLocation)
    }
  }

  @Test("A step while the ledger is open", arguments: [1, 20, 3_600, 315_360_000], [1, -1])
  func open(length: Int64, sign: Int64) async throws {
    let (ledger, begun) = try await begin()
    let before = try begun.left(on: ledger)
    let (step, note) = (length * sign, "a step of \(length * sign) s")
    clock.pass(seconds: 5)
    clock.step(seconds: step)
    guard length > 10 else {
      // Flattened where it goes back, followed where it goes on.
      try await command(ledger)
      expect(try begun.left(on: ledger), before, less: sign < 0 ? 5 : 5 + length, note)
      #expect(try ledger.clockStatus.fault == nil)
      return await ledger.close()
    }
    // Not followed: time goes on as before, and nothing is appended.
    let head = try ledger.head()
    expect(try begun.left(on: ledger), before, less: 5, note)
    #expect(try ledger.tokens.validate(begun.token.accessToken).isValid)
    let error = await #expect(throws: LedgerError.self) { try await command(ledger) }
    #expect(error?.code == .clockStepped)
    let (expected, said) = (try ledger.now, clock.now)
    #expect(error?.reason.contains("\(said)") == true && error?.reason.contains("\(expected)") == true)
    #expect(try ledger.clockStatus.fault == .clockStepped && ledger.clockStatus.clock == clock.now)
    clock.pass(seconds: 5)
    expect(try begun.left(on: ledger), before, less: 10, note)
    #expect(try ledger.head() == head)
    // Back again: nothing has happened.
    clock.step(seconds: -step)
    try await command(ledger)
    expect(try begun.left(on: ledger), before, less: 10, note)
    await #expect(throws: LedgerError.self) { try await ledger.acceptClock() }
    // Accepted: recorded time goes on from it.
    clock.step(seconds: step)
    let corrected = try await ledger.acceptClock()
    #expect(corrected.to == clock.now && corrected.to - corrected.from == .seconds(step))
    expect(try begun.left(on: ledger), before, less: 10, exactly: sign < 0, note)
    try await command(ledger, "another")
    let newest = try await ledger.audit.latest(3)
    #expect(newest[1].position == corrected.position && newest[0].time == clock.now && newest[1].time == clock.now)
    #expect(newest[2].time == corrected.from)
    #expect(try ledger.now == clock.now)
    clock.pass(seconds: 5)
    expect(try begun.left(on: ledger), before, less: 15, exactly: sign < 0, note)
    #expect(try await ledger.integrity.verify().projectionsMatch)
    await ledger.close()
    // As it was, to whoever opens it.
    let again = try await open()
    try await command(again, "third")
    expect(try begun.left(on: again), before, less: 15, exactly: sign < 0, note)
    await again.close()
  }

  @Test("A clock that was ahead while the ledger was opened once", arguments: [1, 20, 3_600, 315_360_000])
  func aheadOnce(step: Int64) async throws {
    let (ledger, begun) = try await begin()
    let before = try begun.left(on: ledger)
    await ledger.close()
    clock.pass(seconds: 5)
    clock.step(seconds: step)
    let ahead = try await open()
    let other = try await Begun(on: ahead, begun.steps, "Second", number: "+33612345602")
    let otherBefore = try other.left(on: ahead)
    await ahead.close()
    clock.pass(seconds: 5)
    clock.step(seconds: -step)
    let note = "ahead by \(step) s"
    let again = try await open()
    guard step > 10 else {
      try await command(again)
      expect(try begun.left(on: again), before, less: 10, exactly: false, note)
      return await again.close()
    }
    #expect(try again.now >= #require(try await again.audit.latest(1).first).time)
    let error = await #expect(throws: LedgerError.self) { try await command(again) }
    #expect(error?.code == .clockBehind && error?.reason.contains("\(clock.now)") == true)
    #expect(try again.clockStatus.fault == .clockBehind)
    let corrected = try await again.acceptClock()
    #expect(corrected.to == clock.now)
    // What was begun before lasts as long as it was to; what the clock was ahead at, no longer.
    expect(try begun.left(on: again), before, less: 10, note)
    expect(try other.left(on: again), otherBefore, less: 5, exactly: false, note)
    expect(try other.left(on: again), otherBefore, less: 10, note)
    try await command(again)
    // A minute of an overlap is a minute.
    clock.pass(seconds: 49)
    #expect(try authenticates(other, again))
    clock.pass(seconds: 1)
    #expect(try !authenticates(other, again))
    #expect(try await again.integrity.verify().projectionsMatch)
    await again.close()
  }

  private func authenticates(_ begun: Begun, _ ledger: Ledger) throws -> Bool {
    let (client, digest, now) = (begun.client, begun.secret.digest, try ledger.now)
    return try ledger.reading { (state) throws(StateUnreadable) in
      try state.authenticate(client, secret: digest, at: now) != nil
    }
  }

  @Test("A clock that was set back while the ledger was closed", arguments: [1, 20, 3_600, 315_360_000])
  func behind(step: Int64) async throws {
    let (ledger, begun) = try await begin()
    let before = try begun.left(on: ledger)
    await ledger.close()
    clock.step(seconds: -step)
    let again = try await open()
    let note = "behind by \(step) s"
    expect(try begun.left(on: again), before, less: 0, note)
    guard step > 10 else {
      try await command(again)
      return await again.close()
    }
    let error = await #expect(throws: LedgerError.self) { try await command(again) }
    #expect(error?.code == .clockBehind)
    clock.pass(seconds: 5)
    expect(try begun.left(on: again), before, less: 5, note)
    // It is set right.
    clock.step(seconds: step)
    try await command(again)
    expect(try begun.left(on: again), before, less: 5, note)
    await again.close()
  }

  @Test("A clock that is right again is taken by itself, once the kernel says so and it is steady")
  func synchronized() async throws {
    let (ledger, begun) = try await begin()
    let before = try begun.left(on: ledger)
    clock.step(seconds: Self.hour)
    #expect(try await !ledger.clockKeeper.look())
    clock.isSynchronized.store(true, ordering: .relaxed)
    #expect(try await !ledger.clockKeeper.look())
    clock.pass(seconds: 29)
    #expect(try await !ledger.clockKeeper.look())
    // Not steady: it begins anew.
    clock.step(seconds: 2)
    #expect(try await !ledger.clockKeeper.look())
    clock.pass(seconds: 29)
    #expect(try await !ledger.clockKeeper.look())
    await #expect(throws: LedgerError.self) { try await command(ledger) }
    clock.pass(seconds: 1)
    #expect(try await ledger.clockKeeper.look())
    try await command(ledger)
    guard case .clockCorrected(let event) = try await ledger.audit.latest(of: .type(.clockCorrected)).first?.event
    else {
      throw TestFailure("nothing was recorded")
    }
    #expect(event.to - event.from == (Self.hour + 2) * 1_000 && event.reason == .synchronized && event.first == 0)
    expect(try begun.left(on: ledger), before, less: 59 + Self.hour + 2, note("forward"))
    // Never back by itself.
    clock.step(seconds: -Self.hour)
    for _ in 0..<3 {
      #expect(try await !ledger.clockKeeper.look())
      clock.pass(seconds: 30)
    }
    let error = await #expect(throws: LedgerError.self) { try await command(ledger) }
    #expect(error?.code == .clockStepped)
    await ledger.close()
  }

  private func note(_ text: String) -> String { text }

  @Test("An accepted step that is taken back leaves what was begun before as it was")
  func thereAndBack() async throws {
    let (ledger, begun) = try await begin()
    let before = try begun.left(on: ledger)
    clock.step(seconds: Self.years)
    try await ledger.acceptClock()
    #expect(try !ledger.tokens.validate(begun.token.accessToken).isValid)
    clock.pass(seconds: 5)
    clock.step(seconds: -Self.years)
    try await ledger.acceptClock()
    expect(try begun.left(on: ledger), before, less: 5, "there and back")
    #expect(try ledger.tokens.validate(begun.token.accessToken).isValid)
    await ledger.close()
  }

  /// Two hours: what was asked for before is still counted. Years: it is not.
  @Test("Limits are neither locked nor forgiven by a clock that was ahead", arguments: [7_200, 315_360_000])
  func limits(step: Int64) async throws {
    let (ledger, begun) = try await begin()
    await ledger.close()
    clock.step(seconds: step)
    let ahead = try await open()
    let number = try PhoneNumber("+33612345609")
    for _ in 0..<3 { _ = try await ahead.phones.requestPIN(for: number, by: begun.steps.developer) }
    await ahead.close()
    clock.step(seconds: -step)
    let again = try await open()
    try await again.acceptClock()
    let refused = await #expect(throws: LedgerError.self) {
      try await again.phones.requestPIN(for: number, by: begun.steps.developer)
    }
    #expect(refused?.refusal?.code == .tooMany)
    clock.pass(seconds: Self.hour)
    _ = try await again.phones.requestPIN(for: number, by: begun.steps.developer)
    await again.close()
  }

  @Test("A proposal that has expired is of no use again, however the clock is set back", arguments: [true, false])
  func proposals(isOpen: Bool) async throws {
    var ledger = try await Ledger.create(at: path, origin: "ledger.example.org", clock.configuration)
    let issuer = "https://id.example.org"
    let ada = try await ledger.operators.create(issuer: issuer, subject: "ada", name: "Ada")
    let bo = try await ledger.operators.create(issuer: issuer, subject: "bo", name: "Bo")
    let user = try await ledger.accounts.signIn(issuer: issuer, subject: "user").account
    func approved() async throws -> ProposalID {
      let id = try await ledger.proposals.make(.changeRole(of: user, to: .auditor), by: ada, context: .none)
      try await ledger.proposals.approve(id, by: bo)
      return id
    }
    func use(_ id: ProposalID) async throws {
      try await ledger.accounts.changeRole(
        of: user, to: .auditor, by: Requester.operator, context: RequestContext(namedOperator: ada, proposal: id))
    }
    let gone = LedgerError(.init(rawValue: "gone"), "", field: "proposal")
    let expired = try await approved()
    clock.pass(seconds: 71 * Self.hour)
    let good = try await approved()
    clock.pass(seconds: 2 * Self.hour)
    await #expect(throws: gone) { try await use(expired) }
    // A clock that was right is set back by mistake, twice, and accepted.
    if !isOpen {
      await ledger.close()
      ledger = try await open()
      try await command(ledger)
      await ledger.close()
    }
    for _ in 0..<2 {
      clock.step(seconds: -24 * Self.hour)
      if !isOpen { ledger = try await open() }
      try await ledger.acceptClock()
      await #expect(throws: gone) { try await use(expired) }
      await #expect(throws: gone) { try await ledger.proposals.reject(expired, by: bo) }
      #expect(try await ledger.integrity.verify().projectionsMatch)
      if !isOpen { await ledger.close() }
    }
    // While it was closed nothing tells for how long the clock was ahead: what may have been made meanwhile ends as well.
    if isOpen { try await use(good) } else { ledger = try await open() }
    #expect(try ledger.proposals.proposal(expired)?.status == .approved)
    await ledger.close()
  }

  @Test("Events are found by their times around a clock that was set back")
  func times() async throws {
    let (ledger, _) = try await begin()
    let before = try ledger.head()
    await ledger.close()
    clock.pass(seconds: 100)
    clock.step(seconds: Self.hour)
    let ahead = try await open()
    try await command(ahead, "ahead")
    let last = try ahead.head()
    await ahead.close()
    clock.step(seconds: -Self.hour)
    let again = try await open()
    let corrected = try await again.acceptClock()
    clock.pass(seconds: 10)
    try await command(again, "right")
    let head = try again.head()
    #expect(corrected.position == last + 1 && head == last + 2)
    // What the clock was ahead at was recorded by the correction at the latest.
    #expect(try again.position(at: corrected.to - .seconds(1)) == before)
    #expect(try again.position(at: corrected.to) == corrected.position)
    #expect(try again.position(at: corrected.to + .seconds(9)) == corrected.position)
    #expect(try again.position(at: again.now) == head)
    let page = try await again.audit.search(.recorded(since: corrected.to))
    #expect(page.entries.map(\.position) == [head, corrected.position, last])
    let state = try await again.history.state(at: .time(corrected.to + .seconds(1)))
    #expect(state.position == corrected.position)
    state.close()
    _ = try await again.backups.make(at: "\(folder.path)/backup", keys: "\(folder.path)/keys")
    await again.close()
    _ = try await Ledger.restore(
      from: "\(folder.path)/backup", keys: "\(folder.path)/keys", at: "\(folder.path)/restored", clock.configuration)
    let restored = try await Ledger.open(at: "\(folder.path)/restored", clock.configuration)
    #expect(try await restored.integrity.verify().projectionsMatch)
    try await restored.integrity.rebuildProjections()
    #expect(try await restored.integrity.verify().projectionsMatch)
    await restored.close()
  }

  @Test("What is explained at a position is what stood right after it, also where events share a time")
  func positions() async throws {
    let (ledger, begun) = try await begin()
    let handle = begun.token.handle
    try await ledger.tokens.revoke(.token(handle), by: Requester.operator)
    let revocation = try ledger.head()
    let (before, after) = (
      try await ledger.explain(.token(handle), at: .position(revocation - 1)),
      try await ledger.explain(.token(handle), at: .position(revocation))
    )
    #expect(before.isValid && before.position == revocation - 1)
    #expect(!after.isValid && after.decidedBy?.position == revocation)
    #expect(before.time == after.time)
    #expect(try await !ledger.explain(.token(handle), at: .latest).isValid)
    let error = await #expect(throws: LedgerError.self) {
      try await ledger.explain(.token(handle), at: .position(revocation + 1))
    }
    #expect(error?.code == .invalidValue)
    await ledger.close()
  }
}
