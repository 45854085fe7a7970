import CredentialLedger

/// Leave to show people.
extension ManagementPortal {
  /// Leave to show people to somebody: recorded where they read by their office, as an operator or an auditor. Members, admins and
  /// owners see each other by the rules of access, without a record.
  func leave(to viewer: Viewer, _ whose: Disclosure.Whose) async throws(LedgerError) -> Disclosure {
    guard viewer.readsAll else { return .withoutRecord(for: ledger) }
    return try await recordedLeave(to: viewer, whose, for: "portal")
  }

  /// Leave that is recorded once for the same reader and the same people within ``RecentLeaves/window``.
  func recordedLeave(
    to viewer: Viewer, _ whose: Disclosure.Whose, for purpose: String
  ) async throws(LedgerError) -> Disclosure {
    let key = whose.people.map { RecentLeaves.Key(reader: viewer.id, purpose: purpose, whose: $0) }
    return try await recentLeaves.leave(key, at: ledger.now) { () async throws(LedgerError) in
      try await ledger.disclose(whose, for: purpose, by: viewer.id)
    }
  }

  /// Leave to show somebody their own data.
  func own(_ viewer: Viewer) async throws(LedgerError) -> Disclosure {
    try await ledger.disclose(.accounts([viewer.id]), for: "portal", by: viewer.id)
  }
}
