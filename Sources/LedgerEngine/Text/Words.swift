package import LedgerEvents

// How enumerations are spelled, wherever one is written or read: in lists, states, the audit trail and options.

extension AccountRole {
  package var word: String {
    switch self {
    case .user: "user"
    case .tenantAdmin: "tenant-admin"
    case .auditor: "auditor"
    case .operator: "operator"
    case .unspecified, .UNRECOGNIZED: "none"
    }
  }
}

extension ProposalDecision {
  package var word: String {
    switch self {
    case .approved: "approved"
    case .withdrawn: "withdrawn"
    case .rejected: "rejected"
    case .executed: "executed"
    case .unspecified, .UNRECOGNIZED: "none"
    }
  }
}

extension Role {
  package var word: String { self == .admin ? "admin" : "member" }
}

extension GroupKind {
  package var word: String { self == .connectGroup ? "connect-group" : "group" }
}

extension RefreshRotation {
  package var word: String { self == .always ? "always" : "late" }
}

extension PINDispatchFailure {
  /// Nil where the message was sent.
  package var word: String? {
    switch self {
    case .none: nil
    case .refused: "refused"
    case .unreachable: "unreachable"
    case .overloaded: "overloaded"
    case .expired: "expired"
    case .UNRECOGNIZED: "unknown"
    }
  }
}

extension ClockCorrectionReason {
  package var word: String {
    switch self {
    case .confirmed: "confirmed"
    case .synchronized: "synchronized"
    case .unspecified, .UNRECOGNIZED: "none"
    }
  }
}
