import CredentialLedger
import Synchronization

/// The logout tokens that were obeyed, each until it is too old, so that none is obeyed twice. In memory alone: a restart forgets
/// the last five minutes.
final class ObeyedLogouts: Sendable {
  /// Past it those that end first are forgotten. Only what a provider has signed is here, so strangers fill nothing.
  static let limit = 10_000
  private let ends = Mutex<[Digest: Timestamp]>([:])

  /// How many are remembered.
  var count: Int { ends.withLock { $0.count } }

  /// Notes a token that was checked.
  ///
  /// - Parameters:
  ///   - id: names it among those of all providers.
  ///   - end: when it is too old.
  /// - Returns: false where it was noted before.
  func take(_ id: String, until end: Timestamp, at now: Timestamp) -> Bool {
    let digest = SHA256.hash(Array(id.utf8))
    return ends.withLock { ends in
      guard ends[digest] == nil else { return false }
      if ends.count >= Self.limit { ends = ends.filter { $0.value >= now } }
      if ends.count >= Self.limit, let first = ends.min(by: { $0.value < $1.value }) { ends[first.key] = nil }
      ends[digest] = end
      return true
    }
  }

  /// Forgets a token that could not be obeyed: the provider may send it again.
  func giveBack(_ id: String) {
    let digest = SHA256.hash(Array(id.utf8))
    ends.withLock { $0[digest] = nil }
  }
}
