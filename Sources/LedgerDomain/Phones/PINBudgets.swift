/// How many of something there may be in an hour, and in a day.
public struct PINBudget: Sendable, Hashable {
  public var hourly: Int
  public var daily: Int

  public init(hourly: Int, daily: Int) {
    self.hourly = hourly
    self.daily = daily
  }

  /// Any number.
  public static let unlimited = PINBudget(hourly: .max, daily: .max)
}

/// How many PINs may be made and tried wrongly over all numbers: so that nobody tries every number's few guesses, or has a
/// message sent to everybody. Past a budget PINs are refused with `too_many`, whatever the number.
///
/// By default a day has 5,000 wrong PINs at most, and a guess hits one time in a million.
public struct PINBudgets: Sendable, Hashable {
  /// PINs that one connector asks for, having shown its Secret.
  public var connector: PINBudget
  /// PINs that are asked for with a connector's ID alone, for all connectors together.
  public var strangers: PINBudget
  /// PINs altogether. More than ``strangers``, or those could keep everybody from getting one.
  public var overall: PINBudget
  /// Wrong PINs that one connector presents.
  public var connectorFailures: PINBudget
  /// Wrong PINs altogether.
  public var overallFailures: PINBudget

  public init(
    connector: PINBudget = PINBudget(hourly: 600, daily: 3_000),
    strangers: PINBudget = PINBudget(hourly: 300, daily: 1_500),
    overall: PINBudget = PINBudget(hourly: 3_000, daily: 20_000),
    connectorFailures: PINBudget = PINBudget(hourly: 200, daily: 1_000),
    overallFailures: PINBudget = PINBudget(hourly: 1_000, daily: 5_000)
  ) {
    self.connector = connector
    self.strangers = strangers
    self.overall = overall
    self.connectorFailures = connectorFailures
    self.overallFailures = overallFailures
  }

  /// No budgets, for made-up histories: the limits of a number and of a person hold.
  public static let unlimited = PINBudgets(
    connector: .unlimited, strangers: .unlimited, overall: .unlimited, connectorFailures: .unlimited,
    overallFailures: .unlimited)
}
