import LedgerEvents

extension SessionEnd {
  /// As the audit trail shows it.
  var word: String {
    switch self {
    case .signedOut: "signed out"
    case .ended: "ended from another session"
    case .byOperator: "ended by an operator"
    case .byProvider: "signed out at the provider"
    case .replaced: "signed in anew"
    case .madeRoom: "made room for a newer session"
    case .unspecified, .UNRECOGNIZED: "unknown"
    }
  }
}

extension SignInRefusal {
  /// As the audit trail shows it.
  var word: String {
    switch self {
    case .unreachable: "provider unreachable"
    case .unverified: "not verified"
    case .domain: "domain not allowed"
    case .disabled: "account disabled"
    case .notFresh: "sign-in not new"
    case .unspecified, .UNRECOGNIZED: "unknown"
    }
  }
}

extension ReviewDecision {
  /// As the audit trail shows it.
  var word: String {
    switch self {
    case .keep: "keep"
    case .revoke: "revoke"
    case .unspecified, .UNRECOGNIZED: "unknown"
    }
  }
}
