import CredentialLedger
import Synchronization

/// The logout tokens that were obeyed, each until it is too old, so that none is obeyed twice. In memory alone: a restart forgets
/// the last five minutes.
final class ObeyedLogouts: Sendable {
  /// Past it those that end first are forgotten. A provider that signs so many in five minutes is slowed down by nothing.
  static let limit = 10_000
  private let ends = Mutex<[Digest: Timestamp]>([:])

  /// Notes a token that was checked.
  ///
  /// - Returns: false where it was noted before.
  func take(_ token: LogoutToken, at now: Timestamp) -> Bool {
    let id = Self.id(of: token)
    return ends.withLock { ends in
      guard ends[id] == nil else { return false }
      if ends.count >= Self.limit { ends = ends.filter { $0.value >= now } }
      if ends.count >= Self.limit, let first = ends.min(by: { $0.value < $1.value }) { ends[first.key] = nil }
      ends[id] = token.end
      return true
    }
  }

  /// Forgets a token that could not be obeyed: the provider may send it again.
  func giveBack(_ token: LogoutToken) {
    let id = Self.id(of: token)
    ends.withLock { $0[id] = nil }
  }

  private static func id(of token: LogoutToken) -> Digest {
    SHA256.hash(Array("\(token.iss)\0\(token.jti ?? "")".utf8))
  }
}
