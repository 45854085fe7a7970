import EventLog
import KeyStore
import LedgerDomain
import LedgerEvents
import Projections

extension Ledger {
  /// Finishes what a crash left half done between the log and the keys.
  package func finishInterrupted() async throws(LedgerError) {
    // A ledger that is being made has no events yet. What is damaged is made anew first.
    guard try head() > 0, try damagedTables.isEmpty else { return }
    try await finishErasures()
    try await forgetStaleSnapshots()
    try await finishWebhookDeletions()
    try await recordSigningKeys()
    try await recordMasterKey()
    try await dropKeysOutOfUse()
    try await recordKeys()
  }

  /// Destroys what a crash, or a key folder from a backup, has left of the keys of erased persons.
  package func finishErasures() async throws(LedgerError) {
    let persons = try reading { (state) throws(StateUnreadable) in try state.erasedPersons() }
    var left: [[UInt8]] = []
    for bytes in persons {
      guard let person = PersonID(bytes: bytes) else { continue }
      if try keyed(keyStore.persons.contains(person)) { left.append(bytes) }
    }
    try await destroyKeys(of: left)
  }

  /// Destroys what a crash, or a key folder from a backup, has left of the keys of deleted webhooks.
  package func finishWebhookDeletions() async throws(LedgerError) {
    let deleted = try reading { (state) throws(StateUnreadable) in try state.deletedWebhooks() }
    var left: [[UInt8]] = []
    for (_, bytes) in deleted {
      guard let key = PersonID(bytes: bytes) else { continue }
      if try keyed(keyStore.persons.contains(key)) { left.append(bytes) }
    }
    try await destroyKeys(of: left)
  }
}
