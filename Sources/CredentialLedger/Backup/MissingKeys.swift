import EventLog
import KeyStore
import LedgerDomain
import Projections

/// What becomes of a copy that names persons or webhooks whose keys are not among the keys given, though no event of it
/// says that they were erased or deleted.
///
/// Either the keys were backed up before the log: then these persons would pass for erased. Or they were erased after the
/// log was backed up: then their keys are rightly gone, which the log cannot say.
public enum MissingKeys: Sendable {
  /// It is refused with `keys_behind`.
  case refused
  /// It is taken: what those keys opened stays closed.
  case accepted
}

extension MissingKeys {
  /// Counts the keys that a log names and that are missing.
  ///
  /// - Throws: `keys_behind` where there are some, unless they are accepted; `damaged`, `key_unavailable`, `storage`.
  func count(in log: EventLog<ProjectionSet>, _ keys: KeyStore) throws(LedgerError) -> UInt64 {
    let snapshot = try logged { () throws(LogError) in try log.snapshot() }
    var failure: KeyStoreError?
    let missing: Set<PersonID>
    do throws(StateUnreadable) {
      missing = try snapshot.withState(orThrow: { StateUnreadable($0.text) }) {
        (state) throws(StateUnreadable) -> Set<PersonID> in
        var missing: Set<PersonID> = []
        try state.forEachKeyNamed { bytes in
          guard failure == nil, let key = PersonID(bytes: bytes), !missing.contains(key) else { return }
          do throws(KeyStoreError) { if try !keys.persons.contains(key) { missing.insert(key) } } catch {
            failure = error
          }
        }
        for bytes in try state.erasedPersons() {
          if let key = PersonID(bytes: bytes) { missing.remove(key) }
        }
        return missing
      }
    } catch { throw LedgerError(error) }
    if let failure { throw LedgerError(failure) }
    guard self == .accepted || missing.isEmpty else {
      throw LedgerError(
        .keysBehind,
        "the keys of \(missing.count) persons or webhooks are missing that the log names and does not say to be erased or "
          + "deleted: give keys at least as new as the log; only where they were erased after the log was copied, accept "
          + "missing keys", field: "keys")
    }
    return UInt64(missing.count)
  }
}
