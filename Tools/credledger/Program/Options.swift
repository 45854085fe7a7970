public import ArgumentParser
public import CredentialLedger
import Glibc
import Synchronization

/// Which ledger a subcommand works on.
struct LedgerOptions: ParsableArguments {
  @Option(
    name: .customLong("ledger"), help: "The ledger's folder; without it CREDLEDGER_DIR names it.",
    completion: .directory)
  var folder: String?

  @Option(
    help: ArgumentHelp(
      "A file on another device that keeps the newest checkpoint; without it CREDLEDGER_WITNESS_FILE names it, if any.",
      discussion:
        "A ledger that is behind the file, or contradicts it, is not opened. Commands that write update the file, and create "
        + "it if it is missing; its folder must exist.",
      valueName: "file"), completion: .file())
  var witnessFile: String?

  @Option(
    help: ArgumentHelp(
      "The folder of an archive that has removed records; without it CREDLEDGER_ARCHIVE names it, if any.",
      discussion: "Records that are no longer in the live file are read from it and verified against the tree.",
      valueName: "dir"), completion: .directory)
  var archive: String?

  @Option(
    help: ArgumentHelp(
      "The folder for temporary files of verifications and states of the past; without it CREDLEDGER_SCRATCH names it. The default is the folder that contains the ledger's folder, or /dev/shm if that is full or read-only.",
      valueName: "dir"), completion: .directory)
  var scratch: String?

  @Option(
    help: ArgumentHelp(
      "The source of the master key; without it CREDLEDGER_MASTER_KEY_SOURCE names it, if any.",
      discussion:
        "One of environment:NAME, file:PATH, credential:NAME (systemd), descriptor:N, command:PATH ARGUMENT..., pkcs11:URI, "
        + "keys-folder or none. Without a source it is in the variable CREDLEDGER_MASTER_KEY, else in the credential "
        + "credledger.master-key, else in the ledger's key folder. Without a key, commands that only read show what is not "
        + "sealed, and say what they did not verify. To read, a reader key (credledger key reader-key) takes its place.",
      valueName: "source"))
  var masterKey: String?

  @Option(
    help: ArgumentHelp(
      "Where the key is that signs checkpoints, once it is kept elsewhere (credledger key rotate-signing --external): command:PATH ARGUMENT... or pkcs11:URI; without it CREDLEDGER_SIGNING_KEY_SOURCE names it, if any.",
      valueName: "source"))
  var signingKey: String?

  /// The archive that is named, if any.
  var namedArchive: String? { archive ?? Self.environment("CREDLEDGER_ARCHIVE") }

  /// The folder that is named, if any.
  var namedFolder: String? { folder ?? Self.environment("CREDLEDGER_DIR") }

  /// What a ledger is opened for.
  enum Use {
    case reading
    case writing
    case making
  }

  /// How the ledger is opened. Says on standard error where a witness file is named and there is none to hold the ledger
  /// against: so a device that is not mounted, or a name mistyped, does not pass for a ledger that was checked.
  func configuration(for use: Use) throws -> LedgerConfiguration {
    try DoorSession.requireNone("the ledger is opened")
    let witness = witnessFile ?? Self.environment("CREDLEDGER_WITNESS_FILE")
    if let witness, use != .making, unsafe access(witness, F_OK) != 0, errno == ENOENT {
      let end = use == .writing ? ", and it is made" : ""
      write(
        "note: the witness file \(witness.printable) is not there: nothing was compared with it\(end)\n",
        to: STDERR_FILENO)
    }
    return LedgerConfiguration(
      masterKey: try MasterKeyOption.source(masterKey), signingKey: try SigningKeyOption.provider(signingKey),
      witnessFile: witness, archive: namedArchive,
      scratch: scratch ?? Self.environment("CREDLEDGER_SCRATCH"))
  }

  /// The value of a variable; nil where it is not set, or empty.
  static func environment(_ name: String) -> String? {
    guard let value = unsafe getenv(name) else { return nil }
    let text = unsafe String(cString: value)
    return text.isEmpty ? nil : text
  }

  /// Goes on in a process of its own, since a file whose structure is damaged can end the process that reads it.
  func examineApart(_ path: String) throws {
    try ExaminingProcess.perform(on: path, key: MasterKeyOption.givenKey(masterKey))
  }

  /// The folder, which must be named.
  func requireFolder() throws -> String {
    guard let folder = namedFolder, !folder.isEmpty else {
      throw ValidationError("Name the ledger by --ledger DIR, or set CREDLEDGER_DIR.")
    }
    return folder
  }
}

extension LedgerOptions {
  /// Opens the ledger for reading, and closes it again.
  func reading<Result: Sendable>(_ body: (Ledger) async throws -> Result) async throws -> Result {
    if let session = DoorSession.current { return try await body(session.ledger) }
    return try await Self.using(try await openForReading(), body)
  }

  /// Opens the ledger for reading, without keys where there are none. Says so on standard error, once.
  func openForReading() async throws -> Ledger {
    let (folder, configuration) = (try requireFolder(), try configuration(for: .reading))
    let opened =
      try MasterKeyOption.isNone(masterKey, of: folder)
      ? try await Ledger.openWithoutKeys(at: folder, configuration)
      : try await Ledger.openForReading(at: folder, configuration)
    if !opened.hasKeys, !Self.hasToldOfKeys.exchange(true, ordering: .relaxed) {
      write(
        "note: read without the master key: the checks of rows that take it, the projections and the keyring were not "
          + "verified, and what is personal stays sealed; CREDLEDGER_MASTER_KEY or --master-key gives it\n",
        to: STDERR_FILENO)
    }
    return opened
  }

  private static let hasToldOfKeys = Atomic(false)

  /// Opens the ledger for writing, and closes it again.
  @discardableResult
  func writing<Result: Sendable>(_ body: (Ledger) async throws -> Result) async throws -> Result {
    if let session = DoorSession.current { return try await body(session.ledger) }
    return try await Self.using(try await Ledger.open(at: requireFolder(), try configuration(for: .writing)), body)
  }

  private static func using<Result: Sendable>(
    _ opened: Ledger, _ body: (Ledger) async throws -> Result
  ) async throws -> Result {
    do {
      let result = try await body(opened)
      await opened.close()
      // What was asked is done, and durable; but the user who named the file wants to hear of it.
      if let failure = opened.witnessFailure { throw CheckFailed(reason: failure.reason) }
      return result
    } catch {
      await opened.close()
      throw error
    }
  }
}

/// Refuses a number of entries that no answer has.
func requireLimit(_ limit: Int, _ range: ClosedRange<Int>) throws {
  guard range.contains(limit) else {
    throw ValidationError("--limit: expected \(range.lowerBound) to \(range.upperBound).")
  }
}

/// Objects are named as they are printed, such as `account:12`, or by the number alone.
extension ObjectID: ExpressibleByArgument {
  /// A shell completes what the program lists without being told more.
  public static var defaultCompletionKind: CompletionKind {
    switch Kind.name {
    case "account", "connector", "group": .objects(Kind.name)
    case "resource-server": .objects(Kind.name, "resourceServer")
    case "grant": .objects(madeBy: "permission.granted")
    case "phone": .objects(madeBy: "phone.verified")
    case "proposal": .proposals
    case "webhook": .objects(madeBy: "webhook.registered")
    default: .default
    }
  }
}

/// What an event concerns goes by kind and number, as `group:5`.
extension Subject: ExpressibleByArgument {}

extension Position: ExpressibleByArgument {
  public init?(argument: String) { self.init(argument) }
}

/// Permissions go by their names, such as `text-message`.
extension Permission: ExpressibleByArgument {}
