import HTTPTypes
import Synchronization

/// Bounds how often somebody may call: so many in a minute, evenly refilled (generic cell rate algorithm). Kept in memory, one
/// number for each key; a restart forgets it.
public final class Throttle: Sendable {
  private let name: String
  /// How many calls a minute.
  private let limit: Int
  private let now: @Sendable () -> Duration
  private let state = Mutex(State())

  private struct State {
    /// When all that was used will be refilled, for each key.
    var refilled: [String: Duration] = [:]
    /// When old keys are looked for.
    var sweep = Duration.zero
  }

  private static let window = Duration.seconds(60)

  /// - Parameters:
  ///   - name: tells clients which limit it is.
  ///   - limit: how many calls a minute; 0 for any number.
  ///   - now: a clock that only goes forward.
  public init(_ name: String, limit: Int, now: @escaping @Sendable () -> Duration = Throttle.uptime) {
    self.name = name
    self.limit = limit
    self.now = now
  }

  /// Time since some moment, on the clock that nobody sets.
  public static let uptime: @Sendable () -> Duration = {
    let start = began
    return ContinuousClock.now - start
  }

  private static let began = ContinuousClock.now

  /// Takes a call into account.
  ///
  /// - Parameter key: of whoever calls; made only where there is a limit.
  /// - Throws: `tooMany` past the limit, with the seconds to wait in `Retry-After`; then nothing is taken into account.
  public func take(_ key: @autoclosure () -> String) throws(RequestError) {
    if limit > 0 { try pass(key(), taking: true) }
  }

  /// Refuses as ``take(_:)`` does, and takes nothing into account.
  ///
  /// - Throws: `tooMany`, as ``take(_:)``.
  public func check(_ key: @autoclosure () -> String) throws(RequestError) {
    if limit > 0 { try pass(key(), taking: false) }
  }

  /// Takes a call into account, also past the limit.
  public func note(_ key: @autoclosure () -> String) {
    guard limit > 0 else { return }
    let (key, now) = (key(), now())
    state.withLock { state in
      let refilled = min(max(state.refilled[key] ?? now, now) + Self.window / limit, now + Self.window * 2)
      state.refilled[key] = refilled
    }
  }

  /// Takes a call out of account again, of a request that is about to be admitted once more.
  public func giveBack(_ key: @autoclosure () -> String) {
    guard limit > 0 else { return }
    let key = key()
    state.withLock { state in
      if let refilled = state.refilled[key] { state.refilled[key] = refilled - Self.window / limit }
    }
  }

  private func pass(_ key: String, taking: Bool) throws(RequestError) {
    let now = now()
    let wait = state.withLock { state -> Duration? in
      if now >= state.sweep {
        state.refilled = state.refilled.filter { $0.value > now }
        state.sweep = now + Self.window
      }
      let next = max(state.refilled[key] ?? now, now) + Self.window / limit
      guard next - now <= Self.window else { return next - now - Self.window }
      if taking { state.refilled[key] = next }
      return nil
    }
    guard let wait else { return }
    let seconds = max(1, wait.components.seconds + (wait.components.attoseconds > 0 ? 1 : 0))
    throw RequestError(
      .tooMany, "More than \(limit) calls a minute; wait \(seconds) s.",
      headers: [
        .retryAfter: String(seconds), .rateLimit: "\"\(name)\";r=0;t=\(seconds)",
        .rateLimitPolicy: "\"\(name)\";q=\(limit);w=60",
      ])
  }
}

extension HTTPField.Name {
  fileprivate static let rateLimit = named("RateLimit")
  fileprivate static let rateLimitPolicy = named("RateLimit-Policy")
}
