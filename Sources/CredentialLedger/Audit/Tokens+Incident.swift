import EventLog
public import LedgerDomain
public import LedgerEvents
import Projections

/// A token that was found where it does not belong, and what the ledger knows of it.
public struct TokenIncident: Sendable {
  public let handle: TokenID
  public let kind: TokenKind
  /// Why it is valid, or is not.
  public let explanation: Explanation
  public let issuedAt: Timestamp
  /// The family of refresh tokens that it belongs to, its first by its number; nil for a connector's own token.
  public let family: FamilyID?
  /// Nil for a connector's own token.
  public let grant: Grant?
  public let connector: Connector?
  /// The group that it opens; nil for a person's own data.
  public let group: Group?
  /// The minute in which it was last used, as far as is known.
  public let lastUsed: Timestamp?
  /// The tokens of its family, the newest first, at most 1,000.
  public let relatives: [ListedToken]
  /// The events of the token and its family, the newest first, at most 1,000.
  public let events: [AuditEntry]
}

extension Tokens {
  /// Says whose a token is, since when it is valid, what it was used for last, and what its family did.
  ///
  /// ```swift
  /// if let incident = try await ledger.tokens.incident(of: handle) { print(incident.connector?.id as Any, incident.relatives.count) }
  /// ```
  ///
  /// - Returns: nil where this ledger never issued such a token.
  /// - Throws: `archived` where its record is in an archive that is not available; `damaged`, `storage`.
  public func incident(of handle: TokenID) async throws(LedgerError) -> TokenIncident? {
    guard let entry = try await ledger.audit.entry(at: handle.position),
      [.tokenIssued, .refreshTokenIssued, .refreshTokenRotated].contains(entry.type)
    else { return nil }
    func number(_ kind: SubjectKind) -> UInt64? { entry.subjects.first { $0.kind == kind }?.number }
    let family: FamilyID? =
      entry.type == .refreshTokenIssued
      ? FamilyID(rawValue: handle.rawValue) : number(.family).map { FamilyID(rawValue: $0) }
    let grant = try number(.grant).map { GrantID(rawValue: $0) }
      .flatMap { (id) throws(LedgerError) in try ledger.grants.state(of: id)?.grant }
    let connector = try number(.connector).map { ConnectorID(rawValue: $0) }
      .flatMap { (id) throws(LedgerError) in try ledger.connectors.connector(id) }
    let group = try number(.group).map { GroupID(rawValue: $0) }
      .flatMap { (id) throws(LedgerError) in try ledger.groups.group(id) }
    var relatives: [ListedToken] = []
    var subjects = [Subject(handle), Subject(kind: .family, number: handle.rawValue)]
    if let family {
      relatives = try await list(.family(family), limit: 1_000)
      subjects += [Subject(family), Subject(kind: .token, number: family.rawValue)]
    }
    let filter = Audit.Filter.concerningAny(of: subjects)
    let page = try await ledger.audit.search(filter, limit: 1_000, steps: .max)
    return TokenIncident(
      handle: handle, kind: entry.type == .tokenIssued ? .access : .refresh,
      explanation: try await ledger.explain(.token(handle)), issuedAt: entry.time, family: family, grant: grant,
      connector: connector, group: group, lastUsed: try ledger.lastUses(of: [handle])[0], relatives: relatives,
      events: page.entries)
  }
}

extension Audit {
  /// The event at a position; nil beyond the newest.
  ///
  /// ```swift
  /// let made = try await ledger.audit.entry(at: grant.position)
  /// ```
  ///
  /// - Throws: `archived` where its record is in an archive that is not available; `damaged`, `storage`.
  public func entry(at position: Position) async throws(LedgerError) -> AuditEntry? {
    let ledger = ledger
    guard position > 0 else { return nil }
    return try await ledger.blocking(.short) { () throws(LedgerError) in
      try logged { () throws(LogError) in
        try ledger.log.snapshot().record(at: position.rawValue).map { (record) throws(LogError) in
          try AuditEntry(record)
        }
      }
    }
  }

  /// The events at some positions, in their order; those beyond the newest are left out. All in one look at the ledger.
  ///
  /// ```swift
  /// let given = try await ledger.audit.entries(at: grants.map(\.id.position))
  /// ```
  ///
  /// - Throws: as ``entry(at:)``.
  public func entries(at positions: [Position]) async throws(LedgerError) -> [AuditEntry] {
    let ledger = ledger
    return try await ledger.blocking(.short) { () throws(LedgerError) in
      try logged { () throws(LogError) in
        let view = try ledger.log.snapshot()
        var entries: [AuditEntry] = []
        for position in positions where position > 0 {
          if let record = try view.record(at: position.rawValue) { entries.append(try AuditEntry(record)) }
        }
        return entries
      }
    }
  }
}

extension Audit.Filter {
  /// What concerns any of some objects, or made them.
  static func concerningAny(of subjects: [Subject]) -> Self {
    subjects.dropFirst().reduce(.subject(subjects[0])) { $0.or(.subject($1)) ?? $0 }
  }
}
