package import LedgerEvents

/// How a session ended.
public enum SignOutCause: Sendable, Hashable, CaseIterable {
  /// The person signed out.
  case signedOut
  /// The person ended it from another session.
  case ended
  /// An operator ended it.
  case byOperator
  /// The identity provider says that the person signed out there.
  case byProvider
  /// The person signed in anew in the same browser.
  case replaced
  /// It was the oldest of as many as an account may have.
  case madeRoom

  /// As the event has it.
  package var recorded: SessionEnd {
    switch self {
    case .signedOut: .signedOut
    case .ended: .ended
    case .byOperator: .byOperator
    case .byProvider: .byProvider
    case .replaced: .replaced
    case .madeRoom: .madeRoom
    }
  }
}
