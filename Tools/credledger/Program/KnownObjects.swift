import CredentialLedger

extension Ledger {
  /// Refuses the name of what there never was: an empty answer would say that there is nothing of it.
  ///
  /// - Parameter option: by which option it was named; nil for an argument.
  func requireKnown(_ subject: Subject, _ option: String? = nil) async throws {
    // A refresh token goes by the handle of its family.
    let filter: Audit.Filter =
      subject.kind == .token ? .token(TokenID(rawValue: subject.number)) : .subject(subject)
    let page = try await audit.search(filter, order: .oldestFirst, limit: 1)
    guard page.entries.isEmpty, page.archived.isEmpty, page.next == nil else { return }
    throw CheckFailed(
      reason: "\(option.map { "\($0): " } ?? "")there is no \(subject) [not_found]", code: .notFound)
  }
}
