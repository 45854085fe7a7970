import EventLog
public import LedgerEvents

extension Tokens {
  /// When a token was last used, as ``ListedToken/lastUsed`` says. Runs where it is called.
  ///
  /// ```swift
  /// let used = try ledger.tokens.lastUse(of: token.handle)
  /// ```
  ///
  /// - Throws: `closed`, `damaged`, `storage`.
  public func lastUse(of token: TokenID) throws(LedgerError) -> Timestamp? {
    try ledger.lastUses(of: [token])[0]
  }

  /// Writes down when tokens were last used, as the ledger does by itself every
  /// ``LedgerConfiguration/lastUseResolution`` and when it is closed. A few commits, however many uses there were.
  ///
  /// - Throws: `closed`, `storage`; what was not written stays noted.
  public func flushLastUses() async throws(LedgerError) {
    do { try await ledger.lastUses?.flush() } catch { throw LedgerError(error) }
  }
}

extension Grants {
  /// When any token of a grant was last used, as ``ListedToken/lastUsed`` says; nil if none was. One look-up, however many
  /// tokens there are; what is not written down yet does not count: see ``Tokens/flushLastUses()``.
  ///
  /// ```swift
  /// let isIdle = try ledger.grants.lastUse(of: grant).map { $0 < yesterday } ?? true
  /// ```
  ///
  /// - Throws: `closed`, `damaged`, `storage`.
  public func lastUse(of grant: GrantID) throws(LedgerError) -> Timestamp? {
    try ledger.lastUses(of: [TokenID(rawValue: grant.rawValue)])[0]
  }
}

extension Connectors {
  /// When any token of a connector was last used, its own included; as ``Grants/lastUse(of:)``.
  ///
  /// ```swift
  /// let last = try ledger.connectors.lastUse(of: connector.id)
  /// ```
  ///
  /// - Throws: `closed`, `damaged`, `storage`.
  public func lastUse(of connector: ConnectorID) throws(LedgerError) -> Timestamp? {
    try ledger.lastUses(of: [TokenID(rawValue: connector.rawValue)])[0]
  }
}
