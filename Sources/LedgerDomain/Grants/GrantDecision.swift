package import LedgerEvents

/// What an access review decides about a grant.
public enum GrantDecision: Sendable, Hashable, CaseIterable {
  case keep
  /// The grant is revoked in the same commit.
  case revoke

  /// As the event has it.
  package var recorded: ReviewDecision {
    switch self {
    case .keep: .keep
    case .revoke: .revoke
    }
  }
}
