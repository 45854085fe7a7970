import CredentialLedger
import Synchronization

/// The disclosures of the last minutes, by reader and people: a page that is opened again shows what its event has recorded
/// already, and leaves no second one. Lost with the process, which then records once more.
final class RecentLeaves: Sendable {
  /// For how long one event stands for the same reader and the same people.
  static let window = Duration.seconds(600)
  /// How many are remembered at most; the others are recorded each time.
  private static let limit = 1_000

  /// Who read, and whose data.
  struct Key: Hashable {
    let reader: AccountID
    let purpose: String
    let whose: Set<Subject>?
  }

  private let known = Mutex<[Key: (leave: Disclosure, until: Timestamp)]>([:])

  /// The disclosure that was recorded within the window, or one that is recorded now.
  ///
  /// - Parameters:
  ///   - key: nil for what is recorded each time.
  ///   - now: the ledger's time.
  ///   - record: records it.
  func leave(
    _ key: Key?, at now: Timestamp, _ record: () async throws(LedgerError) -> Disclosure
  ) async throws(LedgerError) -> Disclosure {
    guard let key else { return try await record() }
    if let found = known.withLock({ $0[key] }), now < found.until, found.until <= now + Self.window {
      return found.leave
    }
    let leave = try await record()
    known.withLock { known in
      if known.count >= Self.limit { known = known.filter { now < $0.value.until } }
      if known.count < Self.limit { known[key] = (leave, now + Self.window) }
    }
    return leave
  }
}

extension Disclosure.Whose {
  /// The people of whom it is, where it says the same as long as it names the same; nil where it carries more than people.
  var people: Set<Subject>?? {
    switch self {
    case .everybody: .some(nil)
    case .accounts(let accounts): .some(Set(accounts.map { Subject($0) }))
    case .subjects(let subjects): .some(Set(subjects))
    case .members, .subscribers, .entries: nil
    }
  }
}
