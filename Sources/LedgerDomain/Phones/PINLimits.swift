public import LedgerCrypto
public import LedgerEvents

/// Whose PINs are counted.
public enum PINScope: Sendable, Hashable {
  /// Those for a number, whoever asked. The keyed hash of the number in E.164 form.
  case number(Digest)
  /// Those that an account asked for, for whatever number.
  case account(AccountID)
}

/// How often PINs may be made and tried. What was asked for and tried before is counted in the PINs' own rows, so a
/// limit holds over restarts, and asking again forgives nothing.
public enum PINLimits {
  /// PINs in an hour, and in a day: for a number, and for an account.
  public static let hourly = 3
  public static let daily = 10
  /// Wrong PINs for a number in a day, over all PINs made for it.
  public static let failuresDaily = 10

  static let hour = Duration.seconds(3_600)
  static let day = Duration.seconds(86_400)
  /// More PINs than a day can bring and ten minutes before it: what is older counts for nothing.
  static let considered = daily + hourly + 1
}

extension DomainReader where Self: ~Copyable {
  /// The rules for making a PIN, for whatever purpose. At most 14 rows for the number and as many for the account.
  ///
  /// - Parameters:
  ///   - number: keyed hash of the number in E.164 form.
  ///   - account: who asks, or whose number it is.
  /// - Throws: ``Refusal/Code/tooMany`` of `number` or `account`.
  public func requireRoomForPIN(number: Digest, account: AccountID, at now: Timestamp) throws(DecisionFailure) {
    try requireTriesLeft(number: number, at: now)
    for (scope, field) in [(PINScope.number(number), "number"), (.account(account), "account")] {
      let made = try read(challenges(scope, newest: PINLimits.considered)).map(\.expiresAt)
      // A PIN expires at a fixed time after it was made; so ages compare as expiries do.
      let young = { (age: Duration) in made.count { $0 + age > now + RequestPIN.lifetime } }
      for (age, limit, name) in [(PINLimits.hour, PINLimits.hourly, "hour"), (PINLimits.day, PINLimits.daily, "day")]
      where young(age) >= limit {
        throw .refused(
          .tooMany, field: field, expected: "at most \(limit) PINs within one \(name)", remedy: "wait, then ask again")
      }
    }
  }

  /// The rule for trying a PIN, for whatever purpose. At most 14 rows.
  ///
  /// A wrong PIN counts until a day after the PIN that it was tried against expired.
  ///
  /// - Throws: ``Refusal/Code/tooMany`` of `number`.
  public func requireTriesLeft(number: Digest, at now: Timestamp) throws(DecisionFailure) {
    let failures = try read(challenges(.number(number), newest: PINLimits.considered))
      .filter { $0.expiresAt + PINLimits.day > now }.reduce(0) { $0 + Int($1.failures) }
    guard failures < PINLimits.failuresDaily else {
      throw .refused(
        .tooMany, field: "number", expected: "at most \(PINLimits.failuresDaily) wrong PINs a day for a number",
        remedy: "wait a day")
    }
  }
}
