import CredentialLedger
import Synchronization

/// Requests for authorization that wait for the answer of a person. Kept in memory for ten minutes, and answered once: a restart
/// forgets them, and the person begins anew at the program.
public final class WaitingAuthorizations: Sendable {
  /// The page on which a person answers, to which the name of a request is added.
  public static let page = "/portal/authorize?request="
  static let lifetime = Duration.seconds(600)
  static let capacity = 20_000

  private struct Waiting {
    let request: AuthorizationRequest
    let until: Duration
    let client: String
  }

  private let waiting = Mutex<[String: Waiting]>([:])
  private let now: @Sendable () -> Duration

  /// - Parameter now: a clock that only goes forward.
  public init(now: @escaping @Sendable () -> Duration = Throttle.uptime) { self.now = now }

  /// Keeps a request. Where there are too many, some of the client that has most are forgotten.
  ///
  /// - Parameter client: where it came from; see ``HTTPContext/network``.
  /// - Returns: what names it: 128 random bits in hexadecimal digits.
  public func keep(_ request: AuthorizationRequest, from client: String) -> String {
    let now = now()
    var random = SystemRandomNumberGenerator()
    let words: [UInt64] = [random.next(), random.next()]
    let name = Hex.encode(words.flatMap { word in (0..<8).map { UInt8(truncatingIfNeeded: word >> UInt64(8 * $0)) } })
    waiting.withLock { waiting in
      if waiting.count >= Self.capacity { waiting = waiting.filter { $0.value.until > now } }
      if waiting.count >= Self.capacity { waiting.makeRoom(client: { $0.client }, moment: { $0.until }) }
      waiting[name] = Waiting(request: request, until: now + Self.lifetime, client: client)
    }
    return name
  }

  /// The request of a name; nil where there is none, it was answered, or its time is over.
  public func request(_ name: String) -> AuthorizationRequest? {
    let now = now()
    return waiting.withLock { $0[name].flatMap { $0.until > now ? $0.request : nil } }
  }

  /// Takes a request to answer it: one caller only gets it.
  public func take(_ name: String) -> AuthorizationRequest? {
    let now = now()
    return waiting.withLock { $0.removeValue(forKey: name).flatMap { $0.until > now ? $0.request : nil } }
  }
}
