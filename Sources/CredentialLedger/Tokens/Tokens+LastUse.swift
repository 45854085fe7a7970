import EventLog
public import LedgerEvents

extension Tokens {
  /// When a token was last used, as ``ListedToken/lastUsed`` says. Runs where it is called.
  ///
  /// ```swift
  /// let used = try ledger.tokens.lastUse(of: token.handle)
  /// ```
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
