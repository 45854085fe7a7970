package import EventLog
package import KeyStore
import LedgerDomain
import LedgerEvents
package import Projections

/// Keys that the log names, that are not in the key folder, and of which no event says that they were destroyed.
package struct LostKeys: Sendable {
  package private(set) var owners: [PersonID: NamedKeyOwner] = [:]

  package var isEmpty: Bool { owners.isEmpty }
  package var count: Int { owners.count }

  /// The files of the key folder that they should be in, in order.
  package var files: [String] { Set(owners.keys.map(\.fileOfKey)).sorted() }

  /// How many of the newest accounts, phones, members, subscribers and webhooks are looked at when a ledger is opened.
  package static let openingLimit = 2_048

  /// Looks for the keys of the whole state, or of the newest rows of each kind.
  ///
  /// All of them: one pass over the rows, and a look-up of each key. The newest: at most ``openingLimit`` rows of each kind,
  /// and of each file of keys the newest key alone, since an older file in the place of the right one lacks that first. Where
  /// files are not there at all, every name in them is looked at, which only a small ledger has without a loss.
  ///
  /// - Throws: `damaged`, `key_unavailable`, `storage`.
  package static func find(
    in log: EventLog<ProjectionSet>, _ keys: KeyStore, newestOnly: Bool = false
  ) throws(LedgerError) -> LostKeys {
    var lost = LostKeys()
    var failure: KeyStoreError?
    let absent = newestOnly ? keys.persons.absentFiles : []
    var seen: Set<UInt8> = []
    let snapshot = try logged { () throws(LogError) in try log.snapshot() }
    func look(for name: [UInt8], _ owner: NamedKeyOwner, _ holds: (PersonID) throws(KeyStoreError) -> Bool) {
      guard failure == nil, let key = PersonID(bytes: name), lost.owners[key] == nil else { return }
      do throws(KeyStoreError) { if try !holds(key) { lost.owners[key] = owner } } catch { failure = error }
    }
    do throws(StateUnreadable) {
      try snapshot.withState(orThrow: { StateUnreadable($0.text) }) { (state) throws(StateUnreadable) in
        guard newestOnly else {
          try state.forEachKeyNamed { name, owner in
            look(for: name, owner) { (key) throws(KeyStoreError) in try keys.persons.contains(key) }
          }
          return
        }
        if !absent.isEmpty {
          try state.forEachKeyNamed { name, owner in
            guard let file = name.first, absent.contains(file) else { return }
            look(for: name, owner) { _ in false }
          }
        }
        let erased = Set(try state.erasedPersons())
        try state.forEachNewestKeyNamed(limit: openingLimit) { name, owner in
          guard let file = name.first, !absent.contains(file), !erased.contains(name), seen.insert(file).inserted else {
            return
          }
          look(for: name, owner) { (key) throws(KeyStoreError) in try keys.persons.containsAmongNewest(key) }
        }
      }
    } catch { throw LedgerError(error) }
    if let failure { throw LedgerError(failure) }
    try lost.leaveOutDestroyed(log)
    return lost
  }

  /// Leaves out those whose erasure or deletion is recorded by now: a key goes only after its event is durable.
  private mutating func leaveOutDestroyed(_ log: EventLog<ProjectionSet>) throws(LedgerError) {
    guard !isEmpty else { return }
    let snapshot = try logged { () throws(LogError) in try log.snapshot() }
    let candidates = owners
    do throws(StateUnreadable) {
      owners = try snapshot.withState(orThrow: { StateUnreadable($0.text) }) {
        (state) throws(StateUnreadable) -> [PersonID: NamedKeyOwner] in
        var left: [PersonID: NamedKeyOwner] = [:]
        for (key, owner) in candidates {
          if try state.isErased(person: key.bytes) { continue }
          if case .webhook(let id) = owner, try state.webhook(id)?.isDeleted ?? true { continue }
          left[key] = owner
        }
        return left
      }
    } catch { throw LedgerError(error) }
  }

  /// What to tell of them.
  package var error: LedgerError {
    let shown = files.prefix(3).joined(separator: ", ") + (files.count > 3 ? " and \(files.count - 3) more files" : "")
    return LedgerError(
      .keysMissing,
      "\(count == 1 ? "a key of a person or webhook is" : "\(count) keys of persons or webhooks are") not in \(shown), and no event "
        + "says that this was destroyed: restore these "
        + "files from a backup of keys/, and rebuild nothing before; where they are lost for good, make a backup of the log, "
        + "and restore that with missing keys accepted", field: "keys")
  }
}

extension Ledger {
  /// Refuses a ledger whose key folder has lost keys, as far as a bounded search shows it.
  ///
  /// - Throws: `keys_missing`.
  package func requireNewestKeys() throws(LedgerError) {
    // What is damaged is made anew first.
    guard try head() > 0, try damagedTables.isEmpty else { return }
    let lost = try LostKeys.find(in: log, keyStore, newestOnly: true)
    guard lost.isEmpty else { throw lost.error }
  }

  /// Refuses a ledger whose key folder has lost any key.
  ///
  /// - Throws: `keys_missing`.
  package func requireEveryKey() async throws(LedgerError) {
    try await blocking { [log, keyStore] () throws(LedgerError) in
      let lost = try LostKeys.find(in: log, keyStore)
      guard lost.isEmpty else { throw lost.error }
    }
  }

  /// Records that keys are gone for good: their persons as erased, their webhooks as deleted.
  ///
  /// - Parameters:
  ///   - request: who answers for it.
  ///   - context: the same.
  package func recordErasures(
    of lost: LostKeys, _ request: PreparedRequest, _ context: RequestContext
  ) async throws(LedgerError) {
    var persons: [RecordLostKeys.Person] = []
    var webhooks: [WebhookID] = []
    for (key, owner) in lost.owners.sorted(by: { $0.key.bytes.lexicographicallyPrecedes($1.key.bytes) }) {
      switch owner {
      case .account(let id): persons.append(RecordLostKeys.Person(key.bytes, account: id))
      case .number: persons.append(RecordLostKeys.Person(key.bytes, account: nil))
      case .webhook(let id): webhooks.append(id)
      }
    }
    for start in stride(from: 0, to: persons.count, by: RecordLostKeys.limit) {
      _ = try await submit(
        RecordLostKeys(Array(persons[start..<min(start + RecordLostKeys.limit, persons.count)])), in: request)
    }
    for webhook in webhooks {
      try await submit(DeleteWebhook(webhook: webhook, by: .requester(.operator)), in: prepare(context))
      try await forgetWebhook(webhook)
    }
  }
}
