import ArgumentParser
import CredentialLedger
import Glibc
import Synchronization

/// Where the master key comes from.
enum MasterKeyOption {
  static let variable = "CREDLEDGER_MASTER_KEY_SOURCE"
  /// Says that no key is to be used.
  private static let none = "none"

  /// The key that was in the environment, or that the process worked for was given.
  private static let given: GivenMasterKey? = {
    if let descriptor = ExaminingProcess.masterKey, let key = try? GivenMasterKey(readingDescriptor: descriptor) {
      return key
    }
    return GivenMasterKey(takingVariable: MasterKey.environmentVariable)
  }()
  /// What was read from a descriptor, which can be read once.
  private static let read = Mutex<GivenMasterKey?>(nil)

  /// Takes the key out of the environment, before anything else runs.
  static func takeGiven() { _ = given }

  /// The source that an option or the environment names.
  ///
  /// - Parameter option: what `--master-key` says.
  static func source(_ option: String?) throws -> MasterKey.Source? {
    try DoorSession.requireNone("a master key is read")
    guard let text = option ?? named else { return given.map { .provider($0) } }
    if text != none, ExaminingProcess.isUnderWay, let given { return .provider(given) }
    if text == none { return .provider(NoMasterKey()) }
    let parts = text.split(separator: ":", maxSplits: 1)
    switch parts.first {
    case "environment" where parts.count == 2 && parts[1] == MasterKey.environmentVariable:
      if let given { return .provider(given) }
    case "environment" where parts.count == 2:
      // Kept for a second question, as the variable is gone then.
      if let key = try kept({ GivenMasterKey(takingVariable: String(parts[1])) }) { return .provider(key) }
    case "descriptor":
      guard parts.count == 2, let number = Int32(parts[1]), number >= 0 else {
        throw ValidationError("--master-key: expected descriptor:N, the number of an open descriptor.")
      }
      do {
        if let key = try kept({ try GivenMasterKey(readingDescriptor: number) }) { return .provider(key) }
      } catch let error as MasterKeyUnavailable { throw CannotRead(reason: "--master-key: \(error.reason)") }
    default: break
    }
    do { return try MasterKey.Source(text) } catch {
      if error.code == .invalidArgument { throw ValidationError("--master-key or \(variable): \(error.reason).") }
      throw CannotRead(reason: error.reason)
    }
  }

  /// Whether the ledger is to be read without a key: because that is said, or none is named and there is none where it would
  /// be looked for.
  ///
  /// - Parameter folder: of the ledger.
  static func isNone(_ option: String?, of folder: String) throws -> Bool {
    if let text = option ?? named { return text == none }
    guard given == nil, case .keysFolder = LedgerConfiguration().masterKeySource else { return false }
    return unsafe access("\(folder)/keys/master.key", F_OK) != 0 && errno == ENOENT
  }

  /// Whether the present key does not come from the ledger's key folder.
  static func isElsewhere(_ option: String?) throws -> Bool {
    switch try source(option) ?? LedgerConfiguration().masterKeySource {
    case .keysFolder: false
    default: true
    }
  }

  /// Where a new key is.
  static func newSource(_ text: String) throws -> MasterKey.Source {
    try DoorSession.requireNone("a master key is read")
    let parts = text.split(separator: ":", maxSplits: 1)
    if parts.count == 2, parts[0] == "environment", let key = GivenMasterKey(takingVariable: String(parts[1])) {
      return .provider(key)
    }
    if parts.count == 2, parts[0] == "descriptor", let number = Int32(parts[1]), number >= 0 {
      do { return .provider(try GivenMasterKey(readingDescriptor: number)) } catch {
        throw CannotRead(reason: "--to: \(error.reason)")
      }
    }
    do { return try MasterKey.Source(text) } catch {
      if error.code == .invalidArgument { throw ValidationError("--to: \(error.reason).") }
      throw CannotRead(reason: error.reason)
    }
  }

  /// The key that this process was given and that no other can find, in text; nil where the key is kept elsewhere.
  static func givenKey(_ option: String?) throws -> Secret? {
    guard case .provider(let provider)? = try source(option), let key = provider as? GivenMasterKey else { return nil }
    return key.masterKey()
  }

  private static func kept(_ take: () throws -> GivenMasterKey?) throws -> GivenMasterKey? {
    try read.withLock { known in
      if known == nil { known = try take() }
      return known
    }
  }

  private static var named: String? {
    guard let value = unsafe getenv(variable) else { return nil }
    let text = unsafe String(cString: value)
    return text.isEmpty ? nil : text
  }
}

/// Stands for the master key where none is to be used.
private struct NoMasterKey: MasterKeyProvider {
  let place = "--master-key none"

  func masterKey() throws(MasterKeyUnavailable) -> Secret {
    throw MasterKeyUnavailable("none is to be used, and this takes one; name another source by --master-key")
  }
}
