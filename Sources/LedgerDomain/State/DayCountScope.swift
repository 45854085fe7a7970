public import LedgerCrypto
public import LedgerEvents

/// What is counted over a day, and for what: PINs, and the erasures that persons asked for themselves. The counts belong to
/// nobody: they outlive the account and the person, for a day.
@usableFromInline package enum DayCountScope: Sendable, Hashable {
  /// PINs for a number, by any requester. The keyed hash of the number in E.164 form.
  case number(Digest)
  /// Of those for a number, those that a connector asked for without its Secret.
  case numberByStrangers(Digest)
  /// Those that the accounts of one OpenID identity asked for, for whatever number. The keyed hash of the identity.
  case identity(Digest)
  /// Those that a connector asked for with its Secret, and those that it presented.
  case connector(ConnectorID)
  /// Those that were asked for with a connector's ID alone.
  case strangers
  /// All PINs.
  case everybody
  /// Erasures that persons asked for themselves: see ``SelfErasureLimits``.
  case selfErasures
}

/// How many there were within a day.
@usableFromInline package struct DayCounts: Sendable, Hashable {
  /// PINs that were asked for, those included that were withheld; or erasures.
  package var asks: Int
  /// Wrong PINs that were presented.
  package var failures: Int

  package init(asks: Int = 0, failures: Int = 0) {
    self.asks = asks
    self.failures = failures
  }
}
