import EventLog
import KeyStore
import Projections

/// What becomes of a copy that names persons or webhooks whose keys are not among the keys given, though no event of it
/// says that they were erased or deleted.
///
/// Either the keys were backed up before the log: then these persons would pass for erased. Or they were erased after the
/// log was backed up: then their keys are rightly gone, which the log cannot say.
public enum MissingKeys: Sendable {
  /// It is refused with `keys_behind`.
  case refused
  /// It is taken, and the restored log records these persons as erased and these webhooks as deleted: what the keys opened
  /// stays closed.
  case accepted
}

extension MissingKeys {
  /// Finds the keys that a log names and that are missing.
  ///
  /// - Throws: `keys_behind` where there are some, unless they are accepted; `damaged`, `key_unavailable`, `storage`.
  func find(in log: EventLog<ProjectionSet>, _ keys: KeyStore) throws(LedgerError) -> LostKeys {
    let missing = try LostKeys.find(in: log, keys)
    guard self == .accepted || missing.isEmpty else {
      throw LedgerError(
        .keysBehind,
        "\(missing.count == 1 ? "the key of a person or webhook is" : "the keys of \(missing.count) persons or webhooks are") "
          + "missing that the log names and does not say to be erased or "
          + "deleted: give keys at least as new as the log; only where they were erased after the log was copied, or are lost "
          + "for good, accept missing keys, which records these persons as erased", field: "keys")
    }
    return missing
  }
}
