import EventLog
import LedgerCrypto
import LedgerDomain
import LedgerEvents

/// Lists of the signed tokens that are not good any more (Token Status List, draft-ietf-oauth-status-list), for those who
/// verify tokens without a call.
///
/// A token's index is its position in the log; each list has the bits of ``statusListSize`` positions. A bit is set where the
/// token was revoked, or something that it depends on was stopped.
extension Tokens {
  /// How many positions a list has.
  public static let statusListSize: UInt64 = 1 << 20
  /// The longest that an access token lives.
  private static let longestLife = Duration.seconds(7 * 86_400)
  /// What a list may have as its lifetime and its time to live.
  private static let statusListTimes: ClosedRange<Duration> = .seconds(1) ... .seconds(366 * 86_400)

  /// The number of the list that a token is in, and its index there.
  ///
  /// ```swift
  /// let (list, index) = Tokens.statusListPlace(of: token.handle)
  /// ```
  public static func statusListPlace(of token: TokenID) -> (list: UInt64, index: UInt64) {
    (token.rawValue / statusListSize, token.rawValue % statusListSize)
  }

  /// The numbers of the lists that there are, the oldest first.
  ///
  /// ```swift
  /// let newest = try ledger.tokens.statusLists.upperBound
  /// ```
  public var statusLists: ClosedRange<UInt64> {
    get throws(LedgerError) { 0...(try ledger.head().rawValue / Self.statusListSize) }
  }

  /// A list as a signed token (`statuslist+jwt`). Costs a look at each token of the list that has not expired and is of a
  /// connector with signed tokens, on threads for reading.
  ///
  /// ```swift
  /// let list = try await ledger.tokens.signedStatusList(0, at: address, lifetime: .seconds(300), timeToLive: .seconds(60))
  /// ```
  ///
  /// - Parameters:
  ///   - number: of the list.
  ///   - uri: the address of the list, as the tokens name it.
  ///   - lifetime: after which nobody may rely on it: 1 second to 366 days.
  ///   - timeToLive: after which it is to be fetched anew: 1 second to 366 days; parts of a second are dropped.
  /// - Throws: `invalid_value` of the field `lifetime` or `timeToLive`; `not_found` where no position is in it; `damaged`,
  ///   `storage`, `key_unavailable`.
  public func signedStatusList(
    _ number: UInt64, at uri: String, lifetime: Duration, timeToLive: Duration
  ) async throws(LedgerError) -> String {
    try Self.require(lifetime, "lifetime")
    try Self.require(timeToLive, "timeToLive")
    guard try statusLists.contains(number) else {
      throw LedgerError(Refusal(.notFound, field: "list", expected: "the number of a list that there is"))
    }
    let now = try ledger.now
    let bytes = try await statusBits(number, at: now)
    return try sign(
      type: "statuslist+jwt",
      [
        ("sub", .string(uri)), ("iat", .number(UInt64(max(0, now.milliseconds / 1_000)))),
        ("exp", .number(UInt64(max(0, (now + lifetime).milliseconds / 1_000)))),
        ("ttl", .number(UInt64(timeToLive.components.seconds))),
        (
          "status_list",
          .object([("bits", .number(1)), ("lst", .string(Base64URL.encode(RunDeflate.compress(bytes))))])
        ),
      ])
  }

  /// Refuses a duration outside of ``statusListTimes``.
  private static func require(_ duration: Duration, _ field: String) throws(LedgerError) {
    guard statusListTimes.contains(duration) else {
      throw LedgerError(Refusal(.invalidValue, field: field, expected: "1 second to 366 days"))
    }
  }

  /// The bits of a list, the lowest of each byte first.
  private func statusBits(_ number: UInt64, at now: Timestamp) async throws(LedgerError) -> [UInt8] {
    var bits = [UInt8](repeating: 0, count: Int(Self.statusListSize / 8))
    let positions = number * Self.statusListSize..<(number + 1) * Self.statusListSize
    var last: ConnectorID?
    while true {
      let connectors = try ledger.connectors.states(after: last, limit: 1_000).map(\.connector)
      for connector in connectors where try mayHaveSigned(connector, at: now) {
        try await mark(connector.id, positions, at: now, in: &bits)
      }
      guard let next = connectors.last?.id else { return bits }
      last = next
    }
  }

  /// Whether a connector may have a signed token that has not expired: it has such tokens, or had them until lately.
  private func mayHaveSigned(_ connector: Connector, at now: Timestamp) throws(LedgerError) -> Bool {
    if connector.details.signedTokens { return true }
    let setAt = try logged { () throws(LogError) in
      try ledger.log.snapshot().stamp(at: connector.setBy.rawValue)?.recordedAt
    }
    return setAt.map { now - Self.longestLife < Timestamp(milliseconds: $0) } ?? true
  }

  /// Sets the bits of a connector's access tokens that are not good.
  private func mark(
    _ connector: ConnectorID, _ positions: Range<UInt64>, at now: Timestamp, in bits: inout [UInt8]
  ) async throws(LedgerError) {
    var before = TokenID(rawValue: positions.upperBound)
    while true {
      let tokens = try await list(.connector(connector), limit: 1_000, before: before)
      for token in tokens where token.kind == .access && positions.contains(token.handle.rawValue) {
        switch token.verdict {
        case .valid, .invalid(.expired): continue
        case .invalid:
          let index = Int(Self.statusListPlace(of: token.handle).index)
          bits[index / 8] |= 1 << (index % 8)
        }
      }
      guard let last = tokens.last, last.handle.rawValue > positions.lowerBound,
        last.issuedAt > now - Self.longestLife
      else { return }
      before = last.handle
    }
  }
}
