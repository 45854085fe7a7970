import CredentialLedger
import HTTPSupport
import Synchronization

/// Sign-ins that went to a provider and have not come back. Kept in memory alone, for ten minutes.
final class SignInAttempts: Sendable {
  struct Attempt: Sendable {
    let provider: String
    /// The browser that began it, by the digest of its cookie: another one must not finish it.
    let browser: Digest
    let nonce: String
    let verifier: String
    let target: String
    /// Whether the person must prove anew who they are.
    let isFresh: Bool
    let begunAt: Timestamp
    /// Where it came from; see ``HTTPContext/network``.
    let client: String
  }

  private let attempts = Mutex<[String: Attempt]>([:])
  private static let life = Duration.seconds(600)
  static let limit = 10_000

  /// Keeps an attempt under a new `state`. Where there are too many, some of the client that has most make room.
  func begin(_ attempt: Attempt) -> String {
    let state = RandomText.make(words: 2)
    attempts.withLock { attempts in
      if attempts.count >= Self.limit {
        attempts = attempts.filter { attempt.begunAt - $0.value.begunAt < Self.life }
      }
      if attempts.count >= Self.limit { attempts.makeRoom(client: { $0.client }, moment: { $0.begunAt }) }
      attempts[state] = attempt
    }
    return state
  }

  /// Takes an attempt out: it comes back once.
  func finish(_ state: String, provider: String, browser: Digest, at now: Timestamp) -> Attempt? {
    attempts.withLock { attempts in
      guard let attempt = attempts[state], attempt.provider == provider, attempt.browser == browser else { return nil }
      attempts[state] = nil
      return now - attempt.begunAt < Self.life ? attempt : nil
    }
  }
}
