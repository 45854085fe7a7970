package import LedgerEvents

/// Why a sign-in was refused.
public enum RefusedSignIn: Sendable, Hashable, CaseIterable {
  /// The identity provider did not answer.
  case unreachable
  /// What the provider answered could not be verified.
  case unverified
  /// The account is of a domain or tenant that is not allowed.
  case domain
  /// The account is disabled.
  case disabled
  /// The provider did not ask the person to sign in anew.
  case notFresh

  /// As the event has it.
  package var recorded: SignInRefusal {
    switch self {
    case .unreachable: .unreachable
    case .unverified: .unverified
    case .domain: .domain
    case .disabled: .disabled
    case .notFresh: .notFresh
    }
  }
}
