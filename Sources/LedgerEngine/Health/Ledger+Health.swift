import EventLog
public import LedgerEvents

/// Whether a ledger performs commands and signs checkpoints, and how far it has come.
public struct LedgerHealth: Sendable {
  /// The position of the newest event.
  public let head: Position
  /// What commands are refused with now; nil where they are performed.
  public let fault: LedgerError.Code?
  /// How many requests wait for the writer.
  public let waiting: Int
  /// How many events the newest signed checkpoint covers.
  public let signedSize: UInt64
  /// When the oldest event was recorded that no checkpoint covers yet; nil where all are covered.
  public let unsignedSince: Timestamp?
  /// Why the last attempt to sign a checkpoint failed, such as `signing_unavailable` for a key that is kept elsewhere and out of
  /// reach; nil where it did not. Commands are performed nevertheless, and signing is tried again.
  public let signingFault: LedgerError.Code?
  /// What failed in the background of this process at its last attempt; empty where nothing did.
  public let backgroundFaults: [BackgroundFault]
  /// The time that counts; see ``Ledger/now``.
  public let now: Timestamp
}

extension Ledger {
  /// How the ledger stands: for health checks. A few look-ups.
  ///
  /// ```swift
  /// let isReady = try ledger.health.fault == nil
  /// ```
  ///
  /// - Throws: `closed`, `damaged`, `storage`.
  public var health: LedgerHealth {
    get throws(LedgerError) {
      let clock = try clockStatus
      let (head, signed, unsigned) = try logged { () throws(LogError) in
        let view = try log.snapshot()
        let head = try view.head()
        let signed = try view.checkpoint(atOrBefore: head)?.size ?? 0
        return (head, signed, signed < head ? try view.stamp(at: signed + 1)?.recordedAt : nil)
      }
      let queue = log.writer?.load
      let refusal = log.writer == nil ? LedgerError.Code.closed : queue?.refusal.map { LedgerError($0).code }
      return LedgerHealth(
        head: Position(head), fault: refusal ?? clock.fault, waiting: queue?.waiting ?? 0, signedSize: signed,
        unsignedSince: unsigned.map { Timestamp(milliseconds: $0) },
        signingFault: log.writer?.checkpointFailure.map { LedgerError($0).code },
        backgroundFaults: backgroundFaults.all, now: clock.now)
    }
  }
}
