import EventLog
import LMDB
import LedgerTestSupport
import Synchronization
import Testing

@testable import CredentialLedger
@testable import Projections

@Suite struct LastUseTests {
  let folder = TemporaryFolder()
  let clock = TestClock()

  private func open(
    _ change: (inout LedgerConfiguration) -> Void = { _ in }
  ) async throws -> (ledger: Ledger, given: HandedOut) {
    var configuration = clock.configuration
    change(&configuration)
    let ledger = try await Ledger.create(at: folder.path + "/ledger", origin: "ledger.example.org", configuration)
    return (ledger, try await HandedOut(on: ledger))
  }

  private func reopen(_ ledger: Ledger) async throws -> Ledger {
    await ledger.close()
    return try await Ledger.open(at: ledger.path, clock.configuration)
  }

  /// The tokens are issued within the first minute, and not used before.
  private var minute: Timestamp {
    Timestamp(milliseconds: max(clock.now.milliseconds / 60_000 * 60_000, 1_700_000_000_000))
  }

  private func used(_ token: AccessToken, _ ledger: Ledger) throws -> Timestamp? {
    let handle = try #require(ledger.tokenFormat.read(prefix: AccessToken.prefix, token.text)).handle
    return try ledger.tokens.lastUse(of: handle)
  }

  @Test("A token that is found valid counts as used in that minute, at once, after closing, and in lists")
  func use() async throws {
    var (ledger, given) = try await open()
    #expect(try used(given.userToken, ledger) == nil)
    #expect(try ledger.tokens.validate(given.userToken).isValid)
    let first = minute
    #expect(try used(given.userToken, ledger) == first)
    clock.advance(seconds: 3_600)
    #expect(try used(given.userToken, ledger) == first)
    ledger = try await reopen(ledger)
    #expect(try used(given.userToken, ledger) == first)
    #expect(try ledger.tokens.validate(given.userToken).isValid)
    #expect(try used(given.userToken, ledger) == minute)
    try await ledger.tokens.flushLastUses()
    #expect(try used(given.userToken, ledger) == minute)

    let listed = try await ledger.tokens.list(.grant(given.user.grant))
    #expect(listed.map(\.kind) == [.access, .refresh])
    // The refresh token was traded an hour ago.
    #expect(listed.map(\.lastUsed) == [minute, first])
    #expect(try await ledger.tokens.list(.grant(given.group.grant)).map(\.lastUsed) == [nil, first])
    await ledger.close()
  }

  @Test("What is not valid is not used; introspection is a use")
  func invalid() async throws {
    let (ledger, given) = try await open()
    try await ledger.grants.revoke(given.group.grant, by: given.steps.admin)
    #expect(try !ledger.tokens.validate(given.groupToken).isValid)
    #expect(try !ledger.tokens.introspect(given.groupToken.text).active)
    #expect(try used(given.groupToken, ledger) == nil)
    #expect(try ledger.tokens.introspect(given.userToken.text).active)
    #expect(try used(given.userToken, ledger) == minute)
    await ledger.close()
  }

  @Test("Turned off, nothing is kept; what was kept stays")
  func off() async throws {
    var (ledger, given) = try await open()
    #expect(try ledger.tokens.validate(given.userToken).isValid)
    let first = minute
    await ledger.close()
    var configuration = clock.configuration
    configuration.lastUseResolution = nil
    ledger = try await Ledger.open(at: ledger.path, configuration)
    clock.advance(seconds: 3_600)
    #expect(try ledger.tokens.validate(given.userToken).isValid)
    try await ledger.tokens.flushLastUses()
    #expect(try used(given.userToken, ledger) == first)
    await ledger.close()
  }

  @Test("A coarser resolution keeps the first of uses that are closer")
  func resolution() async throws {
    let (ledger, given) = try await open { $0.lastUseResolution = .seconds(3_600) }
    #expect(try ledger.tokens.validate(given.userToken).isValid)
    let first = minute
    clock.advance(seconds: 3_540)
    #expect(try ledger.tokens.validate(given.userToken).isValid)
    #expect(try used(given.userToken, ledger) == first)
    clock.advance(seconds: 60)
    #expect(try ledger.tokens.validate(given.userToken).isValid)
    #expect(try used(given.userToken, ledger) == minute)
    await ledger.close()
  }

  @Test("What is written down is not written again")
  func secondFlush() async throws {
    // Nothing is written by itself meanwhile, however long the test waits.
    let (ledger, given) = try await open { $0.lastUseResolution = .seconds(86_400) }
    let uses = try #require(ledger.lastUses)
    #expect(try ledger.tokens.validate(given.userToken).isValid)
    // The refresh tokens that gave the access tokens are used as well.
    #expect(try await uses.flush() > 0)
    #expect(try await uses.flush() == 0)
    #expect(try used(given.userToken, ledger) == minute)
    await ledger.close()
  }

  @Test("While uses are written down, whoever asks never sees one go back")
  func flushAndReads() async throws {
    let (ledger, given) = try await open()
    let isDone = Atomic(false)
    let handle = try #require(ledger.tokenFormat.read(prefix: AccessToken.prefix, given.userToken.text)).handle
    async let readers = concurrently(3) { (_) throws(LedgerError) in
      var last = Timestamp(milliseconds: 0)
      while !isDone.load(ordering: .acquiring) {
        let used = try ledger.tokens.lastUse(of: handle) ?? last
        if used < last { throw LedgerError(.damaged, "a use went back") }
        last = used
        await Task.yield()
      }
    }
    for _ in 0..<60 {
      #expect(try ledger.tokens.validate(given.userToken).isValid)
      clock.advance(seconds: 60)
      try await ledger.tokens.flushLastUses()
    }
    isDone.store(true, ordering: .releasing)
    #expect(await readers.allSatisfy { $0.isSuccess })
    await ledger.close()
  }

  @Test("What cannot be written down stays noted")
  func failure() async throws {
    let (ledger, given) = try await open()
    #expect(try ledger.tokens.validate(given.userToken).isValid)
    let handle = try #require(ledger.tokenFormat.read(prefix: AccessToken.prefix, given.userToken.text)).handle
    ledger.log.close()
    await #expect(throws: LedgerError(.closed, "")) { try await ledger.tokens.flushLastUses() }
    #expect(ledger.lastUses?.minute(of: handle) == minute.milliseconds / 60_000)
    await ledger.close()
  }

  @Test("Many uses are written in bounded pieces, in the order of the tokens")
  func manyUses() async throws {
    let (ledger, _) = try await open()
    let count: UInt64 = 10_000
    for number in stride(from: count, through: 1, by: -1) {
      ledger.lastUses?.note(TokenID(rawValue: 1_000 + number * 7), at: clock.now)
    }
    try await ledger.tokens.flushLastUses()
    let view = try ledger.log.snapshot()
    for number in 1...count * 7 {
      let minute = try view.lastUse(of: TokenID(rawValue: 1_000 + number))
      #expect(minute == (number.isMultiple(of: 7) ? clock.now.milliseconds / 60_000 : nil))
    }
    await ledger.close()
  }

  @Test("Grants and connectors have the last use of their tokens, also of tokens used before that was kept")
  func owners() async throws {
    var (ledger, given) = try await open()
    let connector = given.steps.connector.id
    // The refresh tokens were traded.
    try await ledger.tokens.flushLastUses()
    let first = minute
    #expect(try ledger.connectors.lastUse(of: connector) == first)
    #expect(try ledger.grants.lastUse(of: given.user.grant) == first)
    clock.advance(seconds: 3_600)
    #expect(try ledger.tokens.validate(given.userToken).isValid)
    try await ledger.tokens.flushLastUses()
    #expect(try ledger.connectors.lastUse(of: connector) == minute)
    #expect(try ledger.grants.lastUse(of: given.user.grant) == minute)
    #expect(try ledger.grants.lastUse(of: given.group.grant) == first)

    // As a ledger is whose uses were written by an earlier version.
    try await #require(ledger.log.writer).maintain { (view, _) throws(LogError) in try view.forgetOwners() }
    #expect(try ledger.grants.lastUse(of: given.user.grant) == nil)
    ledger = try await reopen(ledger)
    try await ledger.tokens.flushLastUses()
    #expect(try ledger.grants.lastUse(of: given.user.grant) == minute)
    #expect(try ledger.grants.lastUse(of: given.group.grant) == first)
    #expect(try ledger.connectors.lastUse(of: connector) == minute)
    await ledger.close()
  }

  @Test("Who only reads sees what was written, and notes nothing")
  func reading() async throws {
    let (ledger, given) = try await open()
    #expect(try ledger.tokens.validate(given.userToken).isValid)
    let first = minute
    await ledger.close()
    clock.advance(seconds: 600)
    let reader = try await Ledger.openForReading(at: ledger.path, clock.configuration)
    #expect(try reader.tokens.validate(given.userToken).isValid)
    #expect(try reader.tokens.validate(given.groupToken).isValid)
    #expect(try used(given.userToken, reader) == first)
    #expect(try used(given.groupToken, reader) == nil)
    await reader.close()
  }
}

extension LogView where Reading == WriteTransaction, Participant == ProjectionSet {
  /// Has the table tell of tokens alone.
  fileprivate mutating func forgetOwners() throws(LogError) {
    guard let blocks = participant.lastUses?.blocks else { return }
    let validity = try participant.current(in: transaction).validity
    var rows: [(UInt64, LastUseBlock)] = []
    try stored { () throws(LMDBError) in
      try blocks.forEach(in: transaction) { number, bytes in
        if let block = LastUseBlock.decode(bytes) { rows.append((number, block)) }
        return .continue
      }
    }
    for (number, block) in rows {
      var kept = LastUseBlock()
      for position in number * LastUseBlock.size..<(number + 1) * LastUseBlock.size {
        let token = TokenID(rawValue: position)
        guard try validity.standing(of: position, in: transaction)?.credential != nil else { continue }
        if let minute = block.minute(of: token) { kept.note(LastUse(token: token, minute: minute)) }
      }
      try stored { () throws(LMDBError) in try blocks.put(number, kept, in: &transaction) }
    }
  }
}
