import LedgerCrypto
import LedgerEvents

/// How often PINs may be made and tried for one number and by one person. What was asked for and tried is counted beside
/// the log (``DayCountScope``), so a limit holds over restarts, over new PINs, and over new accounts of the same person.
package enum PINLimits {
  /// PINs for a number, and PINs that one person asks for.
  package static let asked = PINBudget(hourly: 3, daily: 10)
  /// PINs for a number that a connector asked for without its Secret. A stranger who knows a number and a
  /// connector's public ID uses up no more than these of the number's PINs.
  package static let askedByStrangers = PINBudget(hourly: 3, daily: 5)
  /// Wrong PINs for a number, over all PINs made for it.
  package static let failed = PINBudget(hourly: .max, daily: 10)

  /// How long an ask and a wrong PIN count. What is older is forgotten.
  package static let window = Duration.seconds(86_400)
  static let hour = Duration.seconds(3_600)
}

extension DomainReader where Self: ~Copyable {
  /// The rule for making a PIN for a number, for whatever purpose.
  ///
  /// - Parameters:
  ///   - number: keyed hash of the number in E.164 form.
  ///   - isStranger: whether a connector asks that has not shown its Secret.
  /// - Throws: ``ErrorCode/tooMany`` of `number`.
  func requireRoomForPIN(number: Digest, isStranger: Bool = false, at now: Timestamp) throws(DecisionFailure) {
    try requireTriesLeft(number: number, at: now)
    try require(PINLimits.asked, ofAsksIn: .number(number), field: "number", at: now)
    if isStranger {
      try require(PINLimits.askedByStrangers, ofAsksIn: .numberByStrangers(number), field: "number", at: now)
    }
  }

  /// The rule for trying a PIN, for whatever purpose.
  ///
  /// - Throws: ``ErrorCode/tooMany`` of `number`.
  func requireTriesLeft(number: Digest, at now: Timestamp) throws(DecisionFailure) {
    try require(PINLimits.failed, ofFailuresIn: .number(number), field: "number", at: now)
  }

  /// - Throws: ``ErrorCode/tooMany`` of `field` where a scope has had its PINs.
  func require(
    _ budget: PINBudget, ofAsksIn scope: DayCountScope, field: String, at now: Timestamp
  ) throws(DecisionFailure) {
    try require(budget, of: "PINs", in: scope, field: field, at: now, \.asks)
  }

  /// - Throws: ``ErrorCode/tooMany`` of `field` where a scope has had its wrong PINs.
  func require(
    _ budget: PINBudget, ofFailuresIn scope: DayCountScope, field: String, at now: Timestamp
  ) throws(DecisionFailure) {
    try require(budget, of: "wrong PINs", in: scope, field: field, at: now, \.failures)
  }

  private func require(
    _ budget: PINBudget, of what: String, in scope: DayCountScope, field: String, at now: Timestamp,
    _ counted: (DayCounts) -> Int
  ) throws(DecisionFailure) {
    for (age, limit, name) in [(PINLimits.hour, budget.hourly, "hour"), (PINLimits.window, budget.daily, "day")] {
      guard counted(try read(dayCounts(scope, after: now - age))) < limit else {
        throw .refused(
          .tooMany, field: field, expected: "at most \(limit) \(what) within one \(name)",
          remedy: "wait, then ask again")
      }
    }
  }
}
