import CredentialLedger

/// Leave to show people.
extension ManagementPortal {
  /// Leave to show people to somebody: recorded where they read by their office, as an operator or an auditor. Members, admins and
  /// owners see each other by the rules of access, without a record.
  func leave(to viewer: Viewer, _ whose: Disclosure.Whose) async throws(LedgerError) -> Disclosure {
    guard viewer.readsAll else { return .withoutRecord(for: ledger) }
    return try await ledger.disclose(whose, for: "portal", by: viewer.id)
  }

  /// Leave to show somebody their own data.
  func own(_ viewer: Viewer) async throws(LedgerError) -> Disclosure {
    try await ledger.disclose(.accounts([viewer.id]), for: "portal", by: viewer.id)
  }
}
