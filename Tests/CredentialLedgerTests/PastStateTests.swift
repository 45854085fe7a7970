import CredentialLedger
import LedgerOperations
import LedgerTestSupport
import Synchronization
import Testing

/// States of the past, through the library.
@Suite struct PastStateTests {
  let folder = TemporaryFolder()

  /// A clock that goes on by a millisecond whenever it is looked at. The ledger's own work looks at it too, as often as the machine
  /// lets it, so a longer step would let a PIN expire while a test waits for its turn.
  private final class Time: Sendable {
    private let milliseconds = Mutex<Int64>(1_800_000_000_000)
    var now: Int64 {
      milliseconds.withLock {
        $0 += 1
        return $0
      }
    }
  }

  private func make(_ name: String, _ snapshots: SnapshotPolicy = .never) async throws -> Ledger {
    let time = Time()
    return try await Ledger.create(
      at: "\(folder.path)/\(name)", origin: "past.example.org",
      LedgerConfiguration(clock: { time.now }, snapshots: snapshots))
  }

  private func arrive(_ subject: String, _ number: String, _ ledger: Ledger) async throws -> AccountID {
    let account = try await ledger.accounts.signIn(
      issuer: "https://id.example.org", subject: subject, name: subject
    ).account
    let request = try await ledger.phones.requestPIN(for: PhoneNumber(number), by: account)
    _ = try await ledger.phones.verify(request.pin?.digits ?? "", challenge: request.challenge, by: account)
    return account
  }

  @Test("Snapshots that were only begun, or hold anything else, keep no state from being made of the log")
  func interruptedSnapshot() async throws {
    let ledger = try await make("interrupted")
    let account = try await arrive("dev", "+911199999999", ledger)
    let path = ledger.path
    await ledger.close()
    let snapshots = "\(path)/snapshots"
    try #require(Program.run("mkdir", ["-m", "700", snapshots]))
    for content in [[], Array("nothing of the kind".utf8)] as [[UInt8]] {
      try FileBytes.write(content, to: "\(snapshots)/data.mdb")
      let reader = try await Ledger.openForReading(at: path)
      #expect(try await reader.history.snapshots.list().snapshots.isEmpty)
      let state = try await reader.history.state(at: .latest)
      #expect(try state.account(account) != nil)
      state.close()
      await reader.close()
    }
  }

  @Test("A token and its grant are seen as they were, before and after each event")
  func asTheyWere() async throws {
    let ledger = try await make("tokens")
    let developer = try await arrive("dev", "+911199999999", ledger)
    let (connector, secret) = try await ledger.connectors.create(
      name: "Roster", permissions: [.groupInformation], by: developer)
    let group = try await ledger.groups.create(name: "Team", by: developer)
    let granted = try await ledger.grants.grant(
      connector.id, consent: .scopes(.all), access: .group(group.id), by: developer)
    let token = try await ledger.tokens.issue(
      connector: connector.publicID, secret: secret, refreshToken: granted.refreshToken)
    try await ledger.groups.rename(group.id, to: "Crew", by: developer)
    let renamed = try ledger.head()
    try await ledger.grants.revoke(granted.grant, by: developer)
    let revoked = try ledger.head()
    try await ledger.connectors.delete(connector.id, by: developer)

    let before = try await ledger.history.state(at: .position(token.handle.position - 1))
    #expect(try !before.verdict(on: token.handle).isValid)
    #expect(try before.group(group.id)?.name == "Team")
    let then = try await ledger.history.state(at: .position(renamed))
    #expect(try then.verdict(on: token.handle).isValid)
    #expect(try then.group(group.id)?.name == "Crew")
    #expect(try then.grant(granted.grant)?.isRevoked == false)
    #expect(try then.denialReason(for: granted.grant) == nil)
    let later = try await ledger.history.state(at: .position(revoked))
    #expect(try later.verdict(on: token.handle) == .invalid(.stopped(Subject(granted.grant), by: revoked)))
    #expect(try later.connector(connector.id)?.isDeleted == false)
    // As `explain` has it, which goes another way.
    let explanation = try await ledger.explain(.token(token.handle), at: later.time)
    #expect(explanation.denialReason == .stopped(Subject(granted.grant), by: revoked))
    #expect(try await ledger.history.state(at: .latest).connector(connector.id)?.isDeleted == true)
    for state in [before, then, later] { state.close() }
    #expect(throws: LedgerError.self) { try then.group(group.id) }
    await ledger.close()
  }

  @Test("What was closed keeps nothing from being opened again, though it is still referred to")
  func closed() async throws {
    let ledger = try await make("closed")
    let account = try await arrive("dev", "+911199999999", ledger)
    try await ledger.history.snapshots.make()
    _ = try await ledger.groups.create(name: "Team", by: account)
    let state = try await ledger.history.state(at: .latest)
    let steps = try await ledger.history.steps(from: .latest)
    #expect(state.snapshot != nil)
    state.close()
    await steps.close()
    await ledger.close()
    let again = try await Ledger.open(at: ledger.path, LedgerConfiguration(clock: { 1_900_000_000_000 }))
    #expect(try await again.history.snapshots.list().snapshots.count == 1)
    try await again.history.snapshots.drop()
    await again.close()
    #expect(throws: LedgerError.self) { try state.account(account) }
    await #expect(throws: LedgerError.self) { try await steps.forward() }
  }

  @Test("What changed is told by object and field, and by steps there and back")
  func changes() async throws {
    let ledger = try await make("changes")
    let account = try await arrive("dev", "+911199999999", ledger)
    let group = try await ledger.groups.create(name: "Team", by: account)
    let start = try ledger.head()
    try await ledger.groups.rename(group.id, to: "Crew", by: account)
    try await ledger.accounts.disable(account, reason: "left", by: Requester.operator)
    try await ledger.accounts.enable(account, by: Requester.operator)
    let changes = try await ledger.history.changes(from: .position(start), to: .latest)
    // Disabled and enabled again is no change.
    #expect(changes.objects.map(\.subject) == [Subject(group.id)])
    let field = try #require(changes.objects.first?.fields.first)
    #expect((field.name, field.before, field.after) == ("name", .text("Team"), .text("Crew")))
    #expect(changes.events.map(\.count) == [1, 1, 1])

    let steps = try await ledger.history.steps(from: .position(start))
    let first = try #require(try await steps.forward())
    #expect(first.changes == changes.objects)
    let second = try #require(try await steps.forward(to: Subject(account)))
    #expect(second.event.type == .accountDisabled)
    #expect(second.changes.first?.fields.map(\.name) == ["disabled", "disabledByOperator", "stoppedBy"])
    #expect(try await steps.back()?.changes == second.changes)
    #expect(try await steps.back()?.changes == first.changes)
    // Further back than it has come, up to the beginning.
    for position in (1...start).reversed() {
      #expect(try await steps.back()?.event.position == position)
    }
    #expect(try await steps.back() == nil)
    for position in 1...start { #expect(try await steps.forward()?.event.position == position) }
    #expect(try await steps.forward()?.changes == first.changes)
    try await steps.go(to: try ledger.head())
    #expect(try await steps.forward() == nil)
    #expect(try await steps.forward(to: Subject(account)) == nil)
    await steps.close()
    await ledger.close()
  }

  @Test("Snapshots are made as events come, and nobody erased is left in any")
  func background() async throws {
    let ledger = try await make("background", SnapshotPolicy(events: 10))
    let person = try await arrive("gone", "+911199999991", ledger)
    let other = try await arrive("stays", "+911199999992", ledger)
    for number in 0..<12 { _ = try await ledger.groups.create(name: "Group \(number)", by: other) }
    while try await ledger.history.snapshots.list().snapshots.isEmpty { await Task.yield() }
    let position = try #require(try await ledger.history.snapshots.list().snapshots.first?.position)
    #expect(position == 10)
    let before = try await ledger.history.state(at: .position(position))
    #expect(before.snapshot == position)
    #expect(try before.account(person)?.isErased == false)

    try await ledger.people.erase(person, by: Requester.operator)
    // None is left that was made before, unless it was made anew since.
    let after = try await ledger.history.state(at: .position(position))
    #expect(try after.account(person)?.isErased == false)
    let object = try #require(try after.object(Subject(person)))
    guard case .personal(let name)? = object.value(of: "name") else {
      Issue.record("no name")
      return
    }
    #expect(try await ledger.history.reveal(name, under: ledger.anybodysData()) == nil)
    // The next are made from then on, and are those of a replay from the start.
    for number in 0..<12 { _ = try await ledger.groups.create(name: "Later \(number)", by: other) }
    while try await ledger.history.snapshots.list().snapshots.count < 2 { await Task.yield() }
    #expect(try await ledger.integrity.verify().projectionsMatch)
    await ledger.close()
  }

  @Test("A ledger that was closed before its snapshots were thrown away does so when it is opened")
  func staleSnapshots() async throws {
    let path = "\(folder.path)/stale"
    let ledger = try await make("stale")
    let person = try await arrive("gone", "+911199999991", ledger)
    #expect(try await ledger.history.snapshots.make() != nil)
    #expect(try await ledger.history.snapshots.make() == nil)
    await ledger.close()
    // Held open by a process that makes one: so the process that erases cannot throw it away.
    let copy = "\(folder.path)/copy"
    #expect(Program.run("cp", ["-r", "\(path)/snapshots", copy]))
    let later = LedgerConfiguration(clock: { 1_900_000_000_000 }, snapshots: .never)
    let again = try await Ledger.open(at: path, later)
    try await again.people.erase(person, by: Requester.operator)
    #expect(try await again.history.snapshots.list().snapshots.isEmpty)
    await again.close()
    #expect(Program.run("cp", ["-r", "\(copy)/.", "\(path)/snapshots"]))
    let reader = try await Ledger.openForReading(at: path)
    // It is there, and nobody uses it.
    #expect(try await reader.history.snapshots.list().snapshots.count == 1)
    #expect(try await reader.history.state(at: .latest).snapshot == nil)
    await reader.close()
    let opened = try await Ledger.open(at: path, later)
    #expect(try await opened.history.snapshots.list().snapshots.isEmpty)
    await opened.close()
  }
}
