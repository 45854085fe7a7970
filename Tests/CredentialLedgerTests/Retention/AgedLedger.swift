import EventLog
import LedgerTestSupport
import Projections
import Testing

@testable import CredentialLedger
@testable import LedgerOperations

/// A ledger with tokens that expired long ago, among other events, an archive of them, and enough later events that they
/// may leave.
struct AgedLedger {
  static let policy = RetentionPolicy(olderThan: .seconds(90 * 86_400))

  let folder = TemporaryFolder()
  let clock = TestClock()
  let ledger: Ledger
  let steps: FourSteps
  /// Tokens that expired long ago; the first of them was revoked, another asked for with an idempotency key.
  let old: [Tokens.Issued]
  let revocation: Position
  /// The positions of whatever may leave, in order.
  let due: [Position]

  /// - Parameter tokens: how many expired long ago.
  init(origin: String = "ledger.example.org", tokens: Int = 120, archived: Bool = true) async throws {
    ledger = try await Ledger.create(at: "\(folder.path)/ledger", origin: origin, clock.configuration)
    steps = try await FourSteps(on: ledger)
    var old = [
      try await Self.issue(ledger, steps), try await Self.issue(ledger, steps, .init(idempotencyKey: "once")),
      try await Self.issue(ledger, steps, .init(requestID: "r-17", address: "192.0.2.7")),
    ]
    try await ledger.tokens.revoke(.token(old[0].handle), by: steps.admin)
    revocation = try ledger.head()
    old += try await Self.issue(tokens - 3, ledger, steps)
    clock.advance(seconds: 86_400)
    _ = try await ledger.groups.create(name: "Between", by: steps.admin)
    self.old = old.sorted { $0.handle.rawValue < $1.handle.rawValue }
    due = (old.map(\.handle.position) + [revocation]).sorted()
    if archived { _ = try await ledger.archive.append(to: "\(folder.path)/archive", eventsPerSegment: 50) }
    clock.advance(seconds: 200 * 86_400)
    // So many that the old ones are in a run of the audit trail, and not among the newest.
    _ = try await Self.issue(1_300, ledger, steps)
    try await ledger.integrity.rebuildProjections()
  }

  var path: String { "\(folder.path)/ledger" }
  var archive: String { "\(folder.path)/archive" }

  /// The same configuration, with the archive at hand.
  var withArchive: LedgerConfiguration {
    var configuration = clock.configuration
    configuration.archive = archive
    return configuration
  }

  static func issue(
    _ ledger: Ledger, _ steps: FourSteps, _ context: RequestContext = .none
  ) async throws(LedgerError) -> Tokens.Issued {
    try await ledger.tokens.issue(
      connector: steps.connector.publicID, secret: steps.secret, refreshToken: steps.granted.refreshToken,
      context: context)
  }

  private static func issue(_ count: Int, _ ledger: Ledger, _ steps: FourSteps) async throws -> [Tokens.Issued] {
    let results = await concurrently(count) { (_) throws(LedgerError) in try await issue(ledger, steps) }
    return try results.map { try #require($0.value) }
  }

  /// The tokens of the connector that were issued long ago.
  func listed(by ledger: Ledger) async throws(LedgerError) -> [ListedToken] {
    try await ledger.tokens.list(.connector(steps.connector.id), limit: 1_000, before: TokenID(rawValue: 200))
  }

  /// How many records count as archived.
  static func archivedCount(_ ledger: Ledger) throws -> UInt64 { try ledger.log.snapshot().archivedCount() }
}

/// What a ledger answers, as text that can be compared.
struct Answers: Equatable {
  var lines: [String] = []

  /// Asks for everything that reads old records, up to a position.
  ///
  /// - Parameter head: what came later does not count.
  init(of ledger: Ledger, _ aged: AgedLedger, upTo head: Position, under leave: Disclosure) async throws {
    let filters: [Audit.Filter] = [
      .all, .connector(aged.steps.connector.id), .grant(aged.steps.granted.grant), .token(aged.old[0].handle),
      .type(.tokenRevoked), .anyType(of: EventType.matching("token.*")), .request("r-17"), .address("192.0.2.7"),
      .account(aged.steps.admin).and(.type(.tokenIssued)), .group(aged.steps.group.id),
    ]
    for filter in filters {
      for order in [Audit.Order.newestFirst, .oldestFirst] {
        let page = try await ledger.audit.search(
          filter, order: order, after: order == .newestFirst ? head + 1 : nil, limit: 10_000)
        #expect(page.archived.isEmpty && page.undecided == 0)
        lines += page.entries.filter { $0.position <= head }.map(Self.text)
        let described = try await ledger.audit.describe(page.entries, under: leave)
        lines += described.personal.filter { $0.key <= head }.map { "\($0)" }.sorted()
      }
    }
    for token in aged.old.prefix(4) {
      for time in [nil, aged.clock.now - .seconds(201 * 86_400)] {
        let explanation = try await ledger.explain(.presented(token.accessToken.text), at: time)
        lines.append("\(String(describing: explanation.denialReason)) \(explanation.steps) \(explanation.isValid)")
      }
      lines.append("\(try ledger.tokens.validate(token.accessToken))")
    }
    let bundle = try await ledger.evidence.bundle(of: aged.due, at: try ledger.checkpoint(atOrBelow: head))
    lines.append(Hex.encode(bundle.encoded))
    for position in aged.due.prefix(5) {
      let state = try await ledger.history.state(at: .position(position))
      lines.append("\(try await state.objects(.tokens).map { "\($0)" })")
      lines.append("\(try await state.objects(.grants).map { "\($0)" })")
      state.close()
      lines.append("\(String(describing: try ledger.time(of: position)))")
    }
    for listed in try await aged.listed(by: ledger) {
      lines.append("\(listed.handle) \(listed.issuedAt) \(listed.expiresAt) \(listed.verdict)")
    }
    lines += try await ledger.integrity.statistics().eventsByType.filter { $0.type != .retentionApplied }.map {
      "\($0)"
    }
  }

  private static func text(_ entry: AuditEntry) -> String {
    "\(entry.position) \(entry.time) \(entry.type) \(entry.actor) \(entry.subjects) \(String(describing: entry.object)) "
      + "\(entry.requestID ?? "") \(entry.details)"
  }
}
