import LedgerEvents

extension Sample {
  static let oversightConfigured = OversightConfigured.with {
    $0.before = .with { $0.namedOperators = true }
    $0.after = .with {
      $0.namedOperators = true
      $0.guarded = [.erasure, .role, .keys, .restore]
    }
  }

  static let personalDataRevealed = PersonalDataRevealed.with {
    $0.purpose = "group members"
    $0.everybody = true
    $0.accounts = [11, 31]
    $0.persons = [bytes(16, from: 35)]
    $0.group = 15
  }
}
