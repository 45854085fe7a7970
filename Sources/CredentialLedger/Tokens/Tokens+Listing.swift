import EventLog
import LedgerCrypto
public import LedgerDomain
public import LedgerEvents
import Projections

/// What is known of a token that was presented, as an introspection endpoint answers it (RFC 7662 section 2.2).
public struct Introspection: Sendable, Equatable {
  /// Whether it is valid now. Where it is not, nothing else is said.
  public var active: Bool
  /// Names of scopes joined by spaces.
  public var scope: String?
  /// The connector's public ID.
  public var clientID: PublicID?
  public var kind: TokenKind?
  public var expiresAt: Timestamp?
  public var issuedAt: Timestamp?
  /// The account for which it acts; nil of a connector's own token.
  public var subject: AccountID?
  /// The token's public handle.
  public var handle: TokenID?
  public var grant: GrantID?
  /// The group that it opens; nil for a person's own token.
  public var group: GroupID?
  /// The ID by which clients know that group.
  public var groupPublicID: PublicID?
  /// The resource servers that it is restricted to.
  public var audiences = Audiences.unrestricted
  /// SHA-256 thumbprint (RFC 7638) of the key whose proof must come with it; nil where none need to.
  public var keyThumbprint: KeyThumbprint?

  /// Of whatever is not valid.
  public static let inactive = Introspection(active: false)
}

/// A token as a list shows it, known by its handle alone.
public struct ListedToken: Sendable {
  public let handle: TokenID
  public let kind: TokenKind
  public let issuedAt: Timestamp
  public let expiresAt: Timestamp
  /// Whether it would be valid if it was presented now.
  public let verdict: Verdict
  /// The minute in which it was last used, to ``LedgerConfiguration/lastUseResolution``: an access token found valid, a
  /// refresh token traded. Nil if it never was, as far as is known: a crash loses the latest uses, and none are kept by
  /// who only reads, nor where that is turned off.
  public internal(set) var lastUsed: Timestamp?
}

extension Tokens {
  /// Whose tokens are listed.
  public enum Listing: Sendable {
    case connector(ConnectorID)
    case grant(GrantID)
    case family(FamilyID)

    fileprivate var subject: Subject {
      switch self {
      case .connector(let id): Subject(id)
      case .grant(let id): Subject(id)
      case .family(let id): Subject(id)
      }
    }
  }

  /// What a presented token is worth now, of either kind. The caller compares the audiences, and the key that it may be
  /// bound to.
  ///
  /// ```swift
  /// let introspection = try ledger.tokens.introspect(presented)
  /// if introspection.active, let scope = introspection.scope { print("may do \(scope)") }
  /// ```
  ///
  /// - Throws: `damaged` or `storage`: treat the token as inactive then.
  public func introspect(_ presented: String) throws(LedgerError) -> Introspection {
    guard let (kind, token) = try ledger.tokenFormat.read(ledger.opaque(presented)) else { return .inactive }
    let now = try ledger.now
    // One snapshot for all: each costs more than what is looked up in it.
    let snapshot = try ledger.snapshot()
    let found = try ledger.reading(in: snapshot) {
      (state) throws(StateUnreadable) -> (claims: Verdict.Claims, ids: (connector: PublicID?, group: PublicID?))? in
      guard
        case .valid(var claims) = try judge(handle: token.handle, digest: token.digest, as: kind, at: now, in: state)
      else { return nil }
      // A refresh token has none of its own: what it is traded for is restricted as its family is.
      if kind == .refresh, let family = claims.family {
        guard let standing = try state.standing(of: family.rawValue) else { return nil }
        claims.audiences = standing.audiences
      }
      return (claims, try publicIDs(of: claims, in: state))
    }
    guard let (claims, ids) = found else { return .inactive }
    ledger.lastUses?.note(token.handle, at: now)
    let issuedAt = try logged { () throws(LogError) in
      try snapshot.stamp(at: token.handle.rawValue)?.recordedAt
    }
    return Introspection(
      active: true, scope: claims.scopes.oauthText, clientID: ids.connector, kind: kind,
      expiresAt: claims.expiresAt, issuedAt: issuedAt.map { Timestamp(milliseconds: $0) },
      subject: claims.grant == nil ? nil : claims.granter, handle: claims.handle, grant: claims.grant,
      group: claims.group, groupPublicID: ids.group, audiences: claims.audiences, keyThumbprint: claims.keyThumbprint)
  }

  /// The IDs by which clients know the connector and the group of a token: of one snapshot.
  ///
  /// ```swift
  /// if case .valid(let claims) = verdict { print(try ledger.tokens.publicIDs(of: claims)) }
  /// ```
  ///
  /// - Returns: nil for a group where the token is of none, and for what cannot be found.
  /// - Throws: `closed`, `damaged`, `storage`.
  public func publicIDs(
    of claims: Verdict.Claims
  ) throws(LedgerError) -> (connector: PublicID?, group: PublicID?) {
    try ledger.reading { (state) throws(StateUnreadable) in try publicIDs(of: claims, in: state) }
  }

  private func publicIDs(
    of claims: Verdict.Claims, in state: borrowing LedgerState
  ) throws(StateUnreadable) -> (connector: PublicID?, group: PublicID?) {
    let group = if let id = claims.group { try state.group(id)?.publicID } else { nil as PublicID? }
    return (try state.connector(claims.connector)?.publicID, group)
  }

  /// The public handle of a token that this ledger issued, valid or not; nil for any other text.
  ///
  /// ```swift
  /// if let handle = try ledger.tokens.handle(of: leaked) { try await ledger.tokens.revoke(.token(handle), by: admin) }
  /// ```
  ///
  /// - Throws: `closed`, `damaged`, `storage`.
  public func handle(of presented: String) throws(LedgerError) -> TokenID? {
    guard let (_, token) = try ledger.tokenFormat.read(ledger.opaque(presented)) else { return nil }
    let digest = try ledger.reading { (state) throws(StateUnreadable) in
      try state.standing(of: token.handle.rawValue)?.credential?.digest
    }
    return digest == token.digest ? token.handle : nil
  }

  /// The newest tokens of a connector, a grant or a family, newest first, each with its verdict now. Found by the
  /// audit trail, on a thread for reading.
  ///
  /// ```swift
  /// let newest = try await ledger.tokens.list(.connector(connector.id), limit: 20)
  /// let following = try await ledger.tokens.list(.connector(connector.id), limit: 20, before: newest.last?.handle)
  /// ```
  ///
  /// - Parameters:
  ///   - limit: 1 to 1,000.
  ///   - before: only handles less than this: the last of an answer, to get the ones that follow it.
  /// - Throws: `invalid_value` of the limit; `closed`, `busy`, `damaged`, `storage`.
  public func list(
    _ listing: Listing, limit: Int = 50, before: TokenID? = nil
  ) async throws(LedgerError) -> [ListedToken] {
    guard (1...1_000).contains(limit) else {
      throw LedgerError(.invalidValue, "limit: expected 1 to 1,000", field: "limit")
    }
    let ledger = ledger
    return try await ledger.blocking(.short) { () throws(LedgerError) in
      let now = try ledger.now
      let view = try ledger.snapshot()
      var listed: [ListedToken] = []
      var end = before?.rawValue
      while true {
        let page = try logged { () throws(LogError) in
          try view.auditTrail().latest(
            limit, of: [.subject(LogSubject(listing.subject))], before: end, in: view)
        }
        for position in page where listed.count < limit {
          let handle = TokenID(rawValue: position)
          let entry = try ledger.reading { (state) throws(StateUnreadable) -> (Standing, Verdict)? in
            guard let token = try state.standing(of: position), token.credential != nil else { return nil }
            return (token, try judge(handle: handle, at: now, in: state))
          }
          guard let (token, verdict) = entry, let credential = token.credential,
            let stamp = try logged({ () throws(LogError) in try view.stamp(at: position) })
          else { continue }
          listed.append(
            ListedToken(
              handle: handle, kind: token.kind == .token ? .access : .refresh,
              issuedAt: Timestamp(milliseconds: stamp.recordedAt), expiresAt: credential.expiresAt,
              verdict: verdict))
        }
        guard page.count == limit, listed.count < limit else { break }
        end = page.last
      }
      let uses = try ledger.lastUses(of: listed.map(\.handle))
      for index in listed.indices { listed[index].lastUsed = uses[index] }
      return listed
    }
  }
}
