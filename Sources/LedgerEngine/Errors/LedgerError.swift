package import EventLog
package import KeyStore
import LMDB
package import LedgerCrypto
public import LedgerDomain
public import LedgerEvents
package import TransparencyLog

/// Why the ledger did not do what it was asked. Nothing was appended, except after `outcome_unknown`.
///
/// Says the field and what was expected where a request was at fault, and never carries a secret or personal data. Two
/// errors are equal when their codes and fields are.
///
/// The documentation of a call names the codes of its own. Beside these:
///
/// | Every | May throw |
/// | --- | --- |
/// | command | `account_disabled` and `forbidden` for its requester; `closed`, `busy`, `cancelled`; `clock_stepped`, `clock_behind`; `disk_full`, `outcome_unknown`, `writing_stopped`; `idempotency_key_reused` if it has such a key |
/// | query | `closed`, `damaged`, `storage` |
/// | query that is `async` | also `busy`, where too many reads wait |
public struct LedgerError: Error, Sendable, Equatable, CustomStringConvertible {
  /// A stable name for programs to decide by. More may come in later versions.
  public typealias Code = ErrorCode

  public let code: Code
  /// What is wrong, and what to do.
  public let reason: String
  /// The field of the request that it is about; nil where it is about none.
  public let field: String?
  /// The rule that refused a command; nil where something else went wrong.
  public let refusal: Refusal?
  /// The position in the log concerned, where there is one.
  public let position: Position?

  package init(
    _ code: Code, _ reason: String, field: String? = nil, refusal: Refusal? = nil, position: Position? = nil
  ) {
    self.code = code
    self.reason = reason
    self.field = field
    self.refusal = refusal
    self.position = position
  }

  public static func == (one: LedgerError, other: LedgerError) -> Bool {
    one.code == other.code && one.field == other.field
  }

  public var description: String { "\(code): \(reason)" }

  /// After a wrong PIN, how many more tries it has; nil for any other error.
  public var triesLeft: Int? { refusal?.triesLeft }

  /// Whether a command was refused by the rules, and not something else went wrong.
  public var isRefusal: Bool { refusal != nil }
}

// What goes wrong besides the rules.
extension ErrorCode {
  /// The folder holds no ledger.
  public static let notALedger = Self(rawValue: "not_a_ledger")
  /// A folder for a new ledger is not empty.
  public static let alreadyExists = Self(rawValue: "already_exists")
  /// The ledger was written by a newer program.
  public static let newerFormat = Self(rawValue: "newer_format")
  /// Another process, or this one, has it open for writing.
  public static let alreadyOpen = Self(rawValue: "already_open")
  /// A key is missing, wrong or unreadable.
  public static let keyUnavailable = Self(rawValue: "key_unavailable")
  /// The key that signs checkpoints is kept elsewhere, and cannot sign now. Events are appended nevertheless.
  public static let signingUnavailable = Self(rawValue: "signing_unavailable")
  /// The keys given for a copy of a log lack some that it names: see `MissingKeys`.
  public static let keysBehind = Self(rawValue: "keys_behind")
  /// The key of a person or of a webhook is gone, and no event says that it was destroyed: a file of `keys/persons` is
  /// missing, or older than the log. It is no erasure: restore `keys/` from its backup, and rebuild nothing before.
  public static let keysMissing = Self(rawValue: "keys_missing")
  /// Something stored is not what it was.
  public static let damaged = Self(rawValue: "damaged")
  /// A record is needed that is no more in the live file, and the archive that has it is not at hand: see
  /// `LedgerConfiguration.archive`.
  public static let archived = Self(rawValue: "archived")
  /// An archive is of another ledger, or of another history.
  public static let foreignArchive = Self(rawValue: "foreign_archive")
  /// An archive does not have a record yet that a policy removes.
  public static let archiveBehind = Self(rawValue: "archive_behind")
  /// Storage failed.
  public static let storage = Self(rawValue: "storage")
  /// The system allows the process less than a ledger needs: open files, address space.
  public static let systemLimit = Self(rawValue: "system_limit")
  /// The disk is full.
  public static let diskFull = Self(rawValue: "disk_full")
  /// Too many requests wait.
  public static let busy = Self(rawValue: "busy")
  /// The task was cancelled before its request was queued.
  public static let cancelled = Self(rawValue: "cancelled")
  /// The ledger is closed, or open for reading only.
  public static let closed = Self(rawValue: "closed")
  /// Whether the events are durable is unknown.
  public static let outcomeUnknown = Self(rawValue: "outcome_unknown")
  /// An earlier failure stopped all writing.
  public static let writingStopped = Self(rawValue: "writing_stopped")
  /// The idempotency key was used for another request.
  public static let idempotencyKeyReused = Self(rawValue: "idempotency_key_reused")
  /// The clock was set by more than `LedgerConfiguration.clockTolerance` while the ledger was open.
  public static let clockStepped = Self(rawValue: "clock_stepped")
  /// The clock was behind the newest event by more than `LedgerConfiguration.clockTolerance` when the ledger was opened.
  public static let clockBehind = Self(rawValue: "clock_behind")
  /// A text is no signed checkpoint of this ledger.
  public static let invalidCheckpoint = Self(rawValue: "invalid_checkpoint")
  /// The ledger has fewer events than a checkpoint covers: its tail is missing, or it is an old copy.
  public static let behindCheckpoint = Self(rawValue: "behind_checkpoint")
  /// The ledger had another tree than a checkpoint says: its history was rewritten.
  public static let contradictsCheckpoint = Self(rawValue: "contradicts_checkpoint")
}

extension LedgerError {
  /// A command that a rule refused.
  package init(_ refusal: Refusal) {
    self.init(
      refusal.code,
      "\(refusal.field): expected \(refusal.expected)"
        + (refusal.remedy.map { "; \($0)" } ?? ""), field: refusal.field, refusal: refusal)
  }

  /// A command that was refused, or whose state could not be read.
  package init(_ failure: DecisionFailure) {
    switch failure {
    case .refused(let refusal): self.init(refusal)
    case .unreadable(let cause): self.init(cause)
    }
  }

  /// A state that cannot be read.
  package init(_ cause: StateUnreadable) { self.init(.damaged, cause.description) }

  /// A command that was refused, or that the log did not take.
  package init(_ failure: AppendFailure<DecisionFailure>) {
    switch failure {
    case .refused(let failure): self.init(failure)
    case .log(let error): self.init(error)
    }
  }

  /// An error of the log.
  package init(_ error: LogError) {
    self.init(Self.code(of: error), error.reason, position: error.position.map { Position($0) })
  }

  private static func code(of error: LogError) -> Code {
    switch error.code {
    case .storage:
      switch error.storage?.code {
      case .diskFull?, .mapFull?: .diskFull
      case .alreadyOpen?, .lockedByAnotherProcess?: .alreadyOpen
      case .notAnEnvironment?, .noSuchTable?: .notALedger
      case .newerFormat?: .newerFormat
      case .damagedRow?, .corrupted?: .damaged
      case .systemLimit?: .systemLimit
      default: .storage
      }
    case .notALedger: .notALedger
    case .alreadyExists: .alreadyExists
    case .newerFormat: .newerFormat
    case .damagedRecord, .inconsistentTree, .damagedProjection, .unreadableEvent: .damaged
    case .archived: .archived
    case .behindCheckpoint: .behindCheckpoint
    case .contradictsCheckpoint: .contradictsCheckpoint
    case .busy: .busy
    case .cancelled: .cancelled
    case .closed: .closed
    case .outcomeUnknown: .outcomeUnknown
    case .writingStopped: .writingStopped
    case .idempotencyKeyReused: .idempotencyKeyReused
    case .keyUnavailable: .keyUnavailable
    case .signingUnavailable: .signingUnavailable
    case .keysMissing: .keysMissing
    case .clockStepped: .clockStepped
    case .clockBehind: .clockBehind
    case .tooLarge: .invalidValue
    default: .storage
    }
  }

  /// An error of the key store.
  package init(_ error: KeyStoreError) {
    if error.code == .personMissing {
      self.init(Refusal(.gone, field: "person", expected: "a person who was not erased"))
      return
    }
    if error.code == .rotationUnconfirmed {
      self.init(
        Refusal(.conflict, field: "masterKey", expected: "one rotation at a time", remedy: "try again"))
      return
    }
    let code: Code =
      switch error.code {
      case .locked: .alreadyOpen
      case .damaged: .damaged
      case .invalidArgument: .invalidValue
      case .diskFull: .diskFull
      default: .keyUnavailable
      }
    self.init(code, error.reason, field: error.field)
  }

  /// An error of libcrypto.
  package init(_ error: CryptoError) { self.init(.keyUnavailable, "cryptography failed: \(error.reason)") }

  /// An error of a proof, a checkpoint or a key of one.
  package init(_ error: TransparencyError) { self.init(.damaged, error.reason) }
}

/// Turns errors of the layers below into those of the library.
@inline(__always)
package func logged<Result: ~Copyable>(_ body: () throws(LogError) -> Result) throws(LedgerError) -> Result {
  do { return try body() } catch { throw LedgerError(error) }
}

/// The same for errors of the key store.
package func keyed<Result>(_ value: @autoclosure () throws(KeyStoreError) -> Result) throws(LedgerError) -> Result {
  do { return try value() } catch { throw LedgerError(error) }
}

/// The same for failing randomness.
package func drawn<Result>(_ value: @autoclosure () throws(CryptoError) -> Result) throws(LedgerError) -> Result {
  do { return try value() } catch { throw LedgerError(error) }
}

/// The same for a state that cannot be read.
package func read<Result>(_ body: () throws(StateUnreadable) -> Result) throws(LedgerError) -> Result {
  do { return try body() } catch { throw LedgerError(error) }
}
