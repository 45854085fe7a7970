import EventLog
import Glibc
package import KeyStore
import LMDB
import LedgerCrypto
import LedgerDomain
import LedgerEvents
import Projections
import Synchronization
import TransparencyLog

extension Ledger {
  /// Makes a ledger, and opens it.
  ///
  /// Everything is made in a folder beside, which takes the name at the end: so the ledger is there whole, or not at all.
  ///
  /// ```swift
  /// let ledger = try await Ledger.create(at: path, origin: "ledger.example.org")
  /// ```
  ///
  /// - Parameters:
  ///   - path: a folder that does not exist, or is empty. Made private to its owner.
  ///   - origin: the ledger's name in checkpoints, for instance `ledger.example.org`: 1 to 255 bytes without spaces, which
  ///     can be seen, and which make a URI (RFC 3986) after `credledger://`.
  ///   - configuration: how to open it.
  /// - Throws: `already_exists` where the folder holds something, or the witness file is there already; `invalid_value`
  ///   of the field `origin`; `key_unavailable`, `storage`.
  public static func create(
    at path: String, origin: String, _ configuration: LedgerConfiguration = LedgerConfiguration()
  ) async throws(LedgerError) -> Ledger {
    try requireOrigin(origin)
    try LedgerFolder.requireFree(path)
    var configuration = configuration
    let witnessFile = configuration.witnessFile
    if let witnessFile, try WitnessFile.content(of: witnessFile, limit: .max) != nil {
      throw LedgerError(
        .alreadyExists, "\(witnessFile) keeps a checkpoint of another ledger; name a file that does not exist",
        field: "witnessFile")
    }
    // Of a new ledger nothing is archived.
    configuration.archive = nil
    // Nothing is witnessed before the ledger has its name.
    configuration.witnessFile = nil
    let draft = try DraftFolder(for: path, makingParents: true)
    let keys = try keyed(
      KeyStore.create(
        at: "\(draft.path)/\(LedgerFolder.Part.keys)", origin: origin, master: configuration.masterKeySource,
        createdAt: configuration.clock(), random: configuration.random))
    try logged { () throws(LogError) in
      try EventLog<ProjectionSet>.create(
        at: "\(draft.path)/\(LedgerFolder.Part.log)", origin: origin, options: configuration.storage())
    }
    let ledger = try await open(draft.path, keys, configuration)
    let created = CreateLedger(origin: origin, verifyingKey: keys.verifyingKeys.last?.key.bytes ?? [])
    do throws(LedgerError) { _ = try await ledger.submit(created) } catch {
      await ledger.close()
      throw error
    }
    await ledger.close()
    try draft.publish()
    configuration.witnessFile = witnessFile
    do throws(LedgerError) { return try await open(at: path, configuration) } catch {
      throw LedgerError(
        error.code, "the ledger is made in \(path), and whole, but could not be opened: \(error.reason)",
        field: error.field, position: error.position)
    }
  }

  /// Opens a ledger for writing.
  ///
  /// Verifies the tail of the log, and brings the projections up to date if another version of the program wrote them.
  ///
  /// ```swift
  /// let ledger = try await Ledger.open(at: path)
  /// ```
  ///
  /// - Throws: `not_a_ledger`, `newer_format`, `already_open`, `key_unavailable`, `keys_missing`, `damaged`, `storage`, and what
  ///   ``LedgerConfiguration/witnessFile`` and ``LedgerConfiguration/archive`` say; `archived` where another version wrote
  ///   the projections and a record for making them anew is in an archive that is not named. The files stay as they were.
  public static func open(
    at path: String, _ configuration: LedgerConfiguration = LedgerConfiguration()
  ) async throws(LedgerError) -> Ledger {
    try LedgerFolder.requireLedger(path)
    return try await open(path, nil, configuration)
  }

  /// - Parameter acceptingMissingKeys: whether keys may be gone that no event says to be destroyed: for a copy, whose missing
  ///   keys are counted next.
  package static func open(
    _ path: String, _ ownKeys: KeyStore?, _ configuration: LedgerConfiguration, acceptingMissingKeys: Bool = false
  ) async throws(LedgerError) -> Ledger {
    let origin = try LedgerFolder.origin(of: path, configuration)
    let keys = if let ownKeys { ownKeys } else { try openKeys(of: path, origin: origin, configuration, .writing) }
    let witness = try witnessFile(origin: origin, keys, configuration)
    let archive = try configuration.records(of: origin)
    let signing = checkpointSigning(origin: origin, keys, configuration)
    let reading = checkpointReading(origin: origin, keys)
    let signsItself = configuration.signer == nil
    let clock = configuration.ledgerClock
    let opening = OpeningThread { () -> Result<EventLog<ProjectionSet>, LogError> in
      do throws(LogError) {
        return .success(
          try EventLog<ProjectionSet>.open(
            at: "\(path)/\(LedgerFolder.Part.log)", options: configuration.storage(), archive: archive,
            readers: configuration.logReaders,
            participant: { (environment, transaction) throws(LogError) in
              try ProjectionSet(
                in: &transaction, of: environment, keys: keys, acceptingMissingKeys: acceptingMissingKeys)
            },
            check: { (view) throws(LogError) in
              try witness?.check(view)
              try requireSigned(view, reading, signsItself: signsItself)
            },
            configure: { _ throws(LogError) in
              LogWriter<ProjectionSet>.Configuration(
                queueCapacity: configuration.queueCapacity, checkpoints: configuration.checkpoints,
                idempotencyRetention: configuration.idempotencyRetention, readers: configuration.readers,
                clock: clock, sign: signing, read: reading,
                signed: { witness?.keep($0) })
            }))
      } catch {
        return .failure(error)
      }
    }
    let opened = await opening.run()
    let log: EventLog<ProjectionSet>
    do throws(LogError) { log = try opened.get() } catch {
      throw witness?.named(LedgerError(error)) ?? LedgerError(error)
    }
    // Before anything reads or keeps up the projections: another version's rows may mean something else.
    do throws(LogError) {
      if try ProjectionRebuild.isNeeded(log.snapshot()) {
        try await ProjectionRebuild(log).run()
      } else if configuration.scrub.opening.isDue(afterCleanEnd: log.participant.wasEndedCleanly) {
        try await Scrubber(log, configuration.scrub).scrub()
      }
    } catch {
      await Lifecycle.end(log, keys)
      throw LedgerError(error)
    }
    let ledger: Ledger
    do throws(LedgerError) { ledger = try Ledger(path, log, keys, configuration, witness, clock) } catch {
      await Lifecycle.end(log, keys)
      throw error
    }
    do throws(LedgerError) {
      if !acceptingMissingKeys { try ledger.requireNewestKeys() }
      // While the clock is behind nothing is appended: what is left then is finished once the clock is accepted, or the next
      // time that the ledger is opened.
      if try ledger.clockStatus.fault == nil { try await ledger.finishInterrupted() }
      try await ledger.advanceWitness()
    } catch {
      await ledger.close()
      throw error
    }
    return ledger
  }

  /// Opens a ledger for reading, also while another process writes. Commands are refused with `closed`.
  ///
  /// ```swift
  /// let reader = try await Ledger.openForReading(at: path)
  /// ```
  ///
  /// - Throws: as ``open(at:_:)``.
  public static func openForReading(
    at path: String, _ configuration: LedgerConfiguration = LedgerConfiguration()
  ) async throws(LedgerError) -> Ledger {
    try await openForReading(at: path, configuration, .reading)
  }

  /// Opens a ledger for reading without the master key: for monitoring, and for auditors who are not to read what is
  /// personal.
  ///
  /// Statistics, the log, the tree, proofs, checkpoints, tiles, and states and audits that show nothing personal are had as
  /// ever. What takes a key throws `key_unavailable`: the text of a token, a search by number, whatever is personal, signing.
  /// Nothing is verified that takes a key, either: the checks of the rows that decide access, the projections, and the
  /// keyring, whose ``Ledger/verifierKeys`` anybody who can write its file could have put there. Compare them with ones kept
  /// elsewhere.
  ///
  /// ```swift
  /// let monitor = try await Ledger.openWithoutKeys(at: path)
  /// let isOpen = monitor.hasKeys
  /// ```
  ///
  /// - Throws: as ``openForReading(at:_:)``; `key_unavailable` where ``LedgerConfiguration/scrub`` is `always`, which takes
  ///   the keys.
  public static func openWithoutKeys(
    at path: String, _ configuration: LedgerConfiguration = LedgerConfiguration()
  ) async throws(LedgerError) -> Ledger {
    try await openForReading(at: path, configuration, .listing)
  }

  private static func openForReading(
    at path: String, _ configuration: LedgerConfiguration, _ access: KeyStore.Access
  ) async throws(LedgerError) -> Ledger {
    try LedgerFolder.requireLedger(path)
    let origin = try LedgerFolder.origin(of: path, configuration)
    let keys = try openKeys(of: path, origin: origin, configuration, access)
    let witness = try witnessFile(origin: origin, keys, configuration)
    let archive = try configuration.records(of: origin)
    let log = try logged { () throws(LogError) in
      try EventLog<ProjectionSet>.openReading(
        at: "\(path)/\(LedgerFolder.Part.log)", options: configuration.storage(.readOnly), archive: archive,
        readers: configuration.logReaders
      ) { environment throws(LogError) in try ProjectionSet(reading: environment, keys: keys) }
    }
    do throws(LogError) {
      try witness?.check(log.snapshot())
      if configuration.scrub.opening == .always { try await Scrubber(log, configuration.scrub).scrub() }
    } catch {
      await Lifecycle.end(log, keys)
      throw witness?.named(LedgerError(error)) ?? LedgerError(error)
    }
    do throws(LedgerError) {
      return try Ledger(path, log, keys, configuration, witness, configuration.ledgerClock)
    } catch {
      await Lifecycle.end(log, keys)
      throw error
    }
  }

  private static func openKeys(
    of path: String, origin: String, _ configuration: LedgerConfiguration, _ access: KeyStore.Access
  ) throws(LedgerError) -> KeyStore {
    try keyed(
      KeyStore.open(
        at: "\(path)/\(LedgerFolder.Part.keys)", origin: origin, master: configuration.masterKeySource, access: access,
        random: configuration.random))
  }

  private static func witnessFile(
    origin: String, _ keys: KeyStore, _ configuration: LedgerConfiguration
  ) throws(LedgerError) -> WitnessFile? {
    guard let path = configuration.witnessFile else { return nil }
    return try WitnessFile(path, origin: origin, keys: keys)
  }

  /// Refuses a name for a new ledger that reads as another one, or makes no URI: events go by it in CloudEvents. What stands
  /// in no URI is percent-encoded there, but a colon begins a port.
  package static func requireOrigin(_ origin: String) throws(LedgerError) {
    let authority = origin.utf8.prefix { $0 != UInt8(ascii: "/") }
    let port = authority.firstIndex(of: UInt8(ascii: ":")).map { authority[$0...].dropFirst() } ?? authority.prefix(0)
    let isPort = port.allSatisfy { UInt8(ascii: "0")...UInt8(ascii: "9") ~= $0 }
    guard !authority.isEmpty, authority.first != UInt8(ascii: ":"), isPort,
      VisibleText.isSeen(origin.unicodeScalars), !origin.unicodeScalars.contains("\u{FFFD}")
    else {
      throw LedgerError(
        .invalidValue,
        "origin: expected a name such as ledger.example.org, of characters that can be seen, and with no colon but one "
          + "before a port", field: "origin")
    }
  }
}
