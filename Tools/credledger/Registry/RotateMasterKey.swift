import ArgumentParser
import CredentialLedger
import Glibc
import MessageStore

struct RotateMasterKey: DoorCommand {
  static let configuration = CommandConfiguration(
    commandName: "rotate-master", abstract: "Replace the master key.",
    discussion: """
      --to names the source of the new key, in one of the forms of --master-key; --to-key-folder draws one and puts it \
      into keys/master.key of the ledger. Without options one is drawn if the present key is in the key folder.

      A key in a variable or a descriptor may be lost when this command ends, and all that it seals with it. So the \
      first run changes nothing and prints the fingerprint of the key. Put the key where the next start finds it, and \
      run again with --confirm.

      Afterwards the old key opens only earlier backups of the keys. A keys/master.key that is not the new key is \
      overwritten and removed. Keep a copy of the new key elsewhere, and name its source by --master-key, \
      CREDLEDGER_MASTER_KEY_SOURCE or CREDLEDGER_MASTER_KEY from then on.

      The keys of the messages of groups go along, in the folder that --messages names.

      A server that has the ledger open draws the new key itself, where its own is in the key folder. It opens no source that \
      is named to it: for any other key stop it, and start it with the new source.

      EXAMPLES
        credledger key rotate-master --ledger ./ledger
        credledger key rotate-master --to file:/run/secrets/new-key --ledger ./ledger
        credledger key rotate-master --to environment:NEW_KEY
        credledger key rotate-master --to environment:NEW_KEY --confirm 8d0cd1c6b4a2f9e0
        credledger key rotate-master --to-key-folder --format json
      """)
  @OptionGroup var ledger: LedgerOptions
  @OptionGroup(title: "Who and why") var by: OperatorOptions
  @OptionGroup(title: "Two operators") var approval: ApprovalOptions
  @OptionGroup var output: FormatOptions
  @Option(help: ArgumentHelp("Where the new key is: as of --master-key.", valueName: "source"))
  var to: String?
  @Option(help: "The file with the new key, mode 0600: as --to file:PATH.", completion: .file()) var toFile: String?
  @Option(help: "The environment variable with the new key: as --to environment:NAME.") var toEnvironment: String?
  @Flag(help: "Draw the new key, and put it into keys/master.key.") var toKeyFolder = false
  @Option(
    help: ArgumentHelp(
      "The fingerprint of the new key, which a run without this option printed; then the key is replaced.",
      valueName: "fingerprint"))
  var confirm: String?

  @Option(
    help: ArgumentHelp(
      "Where a server keeps the messages, whose keys go along; without it the ledger's path with .messages behind it.",
      valueName: "dir"), completion: .directory)
  var messages: String?

  private var named: String? {
    to ?? toFile.map { "file:\($0)" } ?? toEnvironment.map { "environment:\($0)" }
      ?? (toKeyFolder ? "keys-folder" : nil)
  }

  var besideServer: String? {
    guard let named, KeptIn(named) != .keyFolder else { return nil }
    return
      "it opens no master key for others; stop the server, give the command again, and start it with the new source"
  }

  func validate() throws {
    let count = [to != nil, toFile != nil, toEnvironment != nil, toKeyFolder].count { $0 }
    guard count <= 1 else { throw ValidationError("Name one place for the new key.") }
    guard count == 0, DoorSession.current == nil, try MasterKeyOption.isElsewhere(ledger.masterKey) else { return }
    throw ValidationError(
      "The present key comes from where --master-key, CREDLEDGER_MASTER_KEY_SOURCE or CREDLEDGER_MASTER_KEY says, which this "
        + "program cannot set for others: name where the new one is by --to, such as --to-environment, or have it drawn by "
        + "--to-key-folder.")
  }

  func run() async throws {
    try requireServersKeyHere()
    let folder = try DoorSession.current.map { ledger.folder ?? $0.ledger.path } ?? ledger.requireFolder()
    let text = named ?? "keys-folder"
    let kind = KeptIn(text)
    let source = kind == .keyFolder ? .keysFolder : try MasterKeyOption.newSource(text)
    let isProposed = try await ledger.proposed(approval, by, output.format) {
      .rotateMasterKey(to: kind == .keyFolder ? nil : try $0.keys.fingerprint(of: source))
    }
    if isProposed { return }
    let store = messages ?? Self.withoutSlash(folder) + ".messages"
    let (fingerprint, isDone) = try await ledger.writing(by, approval) { opened, context in
      let (fingerprint, isDone) = try await rotate(opened, to: source, kind, context)
      // While a server has them, they are under a key in their own folder, as the ledger's are.
      if isDone, DoorSession.current == nil, MessageStore.isThere(at: store) {
        do throws(MessagingError) {
          try MessageStore.rotateMasterKey(at: store, origin: opened.origin, from: opened.masterKeySource, to: source)
        } catch {
          throw CannotRead(
            reason:
              "the ledger opens by the new master key alone, and the messages at \(store) still by the one before, "
              + "which is not to be thrown away: \(error.reason)")
        }
      }
      return (fingerprint, isDone)
    }
    let place = kind == .keyFolder ? "\(folder)/keys/master.key" : KeptIn.place(text)
    let value = JSON.object([
      ("masterKeyFingerprint", .string(fingerprint)), ("keptIn", .string(kind.rawValue)), ("place", .string(place)),
      ("replaced", .bool(isDone)),
    ])
    output.format.show(value, isDone ? Self.done(fingerprint, kind, place) : Self.prepared(fingerprint, place))
  }

  private static func withoutSlash(_ folder: String) -> String {
    var folder = folder
    while folder.count > 1, folder.hasSuffix("/") { folder.removeLast() }
    return folder
  }

  /// - Returns: the new key's fingerprint, and whether it has taken the place of the present one.
  private func rotate(
    _ opened: Ledger, to source: MasterKey.Source, _ kind: KeptIn, _ context: RequestContext
  ) async throws -> (String, Bool) {
    guard kind != .keyFolder else {
      try await opened.keys.rotateMasterKey(to: source, context: context)
      return (opened.keys.masterKeyFingerprint, true)
    }
    let fingerprint = try opened.keys.fingerprint(of: source)
    if let confirm, confirm != fingerprint {
      throw CheckFailed(
        reason: "--confirm: the new key has the fingerprint \(fingerprint); nothing was changed", code: .invalidValue)
    }
    guard kind.isLasting || confirm != nil else { return (fingerprint, false) }
    try await opened.keys.rotateMasterKey(to: source, context: context)
    return (fingerprint, true)
  }

  /// Refuses to move the key of a server to where its next start does not look.
  private func requireServersKeyHere() throws {
    guard let session = DoorSession.current else { return }
    if case .keysFolder = session.ledger.masterKeySource { return }
    throw CheckFailed(
      reason:
        "the server's master key is not in the key folder, and it opens no other for others: stop the server, give the "
        + "command again, and start it with the new source [forbidden]")
  }

  private static func done(_ fingerprint: String, _ kind: KeptIn, _ place: String) -> [String] {
    let next =
      kind == .keyFolder
      ? "it is in \(place), where it is found while \(MasterKey.environmentVariable) is not set"
      : "it is in \(kind.word)\(place), and not stored: set \(MasterKey.environmentVariable) to it, or name its place by "
        + "\(MasterKeyOption.variable), from now on"
    return [
      "master key fingerprint \(fingerprint)", next, "keep a copy elsewhere; the old copy opens this ledger no more",
    ]
  }

  private static func prepared(_ fingerprint: String, _ place: String) -> [String] {
    [
      "master key fingerprint \(fingerprint)",
      "nothing was changed: \(place) may be gone with this command, and the key with it",
      "put the key where the next start finds it, and run this again with --confirm \(fingerprint)",
    ]
  }

  /// Where a new key is kept.
  private enum KeptIn: String {
    case file
    case environment
    case keyFolder = "key_folder"
    case descriptor
    case command
    case token

    init(_ text: String) {
      self =
        switch text.split(separator: ":").first {
        case "environment": .environment
        case "descriptor": .descriptor
        case "command": .command
        case "pkcs11": .token
        case "keys-folder": .keyFolder
        default: .file
        }
    }

    /// Whether the key is still there once this program has ended.
    var isLasting: Bool { self != .environment && self != .descriptor }

    var word: String {
      switch self {
      case .environment: "the environment variable "
      case .descriptor: "the descriptor "
      case .command: "what is printed by "
      case .token: "the token of "
      case .file, .keyFolder: ""
      }
    }

    static func place(_ text: String) -> String {
      if text.hasPrefix("pkcs11:") { return text }
      return String(text.split(separator: ":", maxSplits: 1).last ?? "")
    }
  }
}
