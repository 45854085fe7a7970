import LedgerEvents

/// How soon, and how often, persons may erase themselves. An erasure writes a file of keys anew and discards snapshots, so it
/// must not be free for everybody who can register. Operators are not limited.
public struct SelfErasureLimits: Sendable, Hashable {
  /// How long the account must have been registered.
  public var age: Duration
  /// How many persons may erase themselves within a day, all together.
  public var daily: Int

  public init(age: Duration = .seconds(3_600), daily: Int = 1_000) {
    self.age = age
    self.daily = daily
  }

  /// No limits, for made-up histories.
  public static let unlimited = SelfErasureLimits(age: .zero, daily: .max)

  /// - Throws: ``ErrorCode/tooMany`` where the account is too young, or too many persons erased themselves within a day.
  func require(
    _ account: Account, in state: borrowing some DomainReader & ~Copyable, at now: Timestamp
  ) throws(DecisionFailure) {
    let remedy = "ask again later, or ask an operator"
    guard now >= account.registeredAt + age else {
      throw .refused(
        .tooMany, field: "account", expected: "an account that was registered \(age.components.seconds) s ago",
        remedy: remedy)
    }
    guard daily < .max else { return }
    guard try read(state.dayCounts(.selfErasures, after: now - PINLimits.window)).asks < daily else {
      throw .refused(
        .tooMany, field: "account", expected: "no more persons in a day who erase themselves than \(daily)",
        remedy: remedy)
    }
  }
}
