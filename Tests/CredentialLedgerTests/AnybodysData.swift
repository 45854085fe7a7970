import CredentialLedger

extension Ledger {
  /// Leave to read anybody's data, for tests that are about something else.
  func anybodysData() async throws(LedgerError) -> Disclosure {
    try await disclose(.everybody, for: "a test", by: Requester.operator)
  }
}
