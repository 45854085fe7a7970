import CredentialLedger
import Hummingbird
import Logging
import Synchronization

/// How many refused sign-ins are recorded. People who have proved nothing cause them, and an event stays for good, so past
/// the limit of a minute they are counted, and the next event says how many there were.
final class RefusalBudget: Sendable {
  private struct Minute {
    var begunAt = Timestamp(milliseconds: 0)
    var recorded = 0
    var unrecorded: UInt64 = 0
  }

  static let limit = 30
  private let minute = Mutex(Minute())

  /// - Returns: how many were not recorded since the one recorded before; nil where this one is not to be recorded.
  func take(at now: Timestamp) -> UInt64? {
    minute.withLock { minute in
      if now - minute.begunAt >= .seconds(60) || now < minute.begunAt {
        minute.begunAt = now
        minute.recorded = 0
      }
      guard minute.recorded < Self.limit else {
        minute.unrecorded += 1
        return nil
      }
      minute.recorded += 1
      defer { minute.unrecorded = 0 }
      return minute.unrecorded
    }
  }
}

/// What the ledger hears of sessions and sign-ins.
extension ManagementPortal {
  /// Ends sessions, and records it. They have ended even where it cannot be recorded, which the log says then.
  func end(
    _ ended: [Session], _ end: SignOutCause, by requester: AccountID?, _ visit: Visit
  ) async throws(PortalFailure) {
    guard !ended.isEmpty else { return }
    try await storing(done: "Sessions ended without an event, and may come back when the server starts again.") {
      () throws(SessionStoreError) in
      try await sessions.end(ended.map(\.key))
    }
    for (account, own) in Dictionary(grouping: ended, by: \.account) {
      for part in stride(from: 0, to: own.count, by: RecordSignOut.limit) {
        let signIns = own[part...].prefix(RecordSignOut.limit).map(\.signIn)
        do throws(LedgerError) {
          try await ledger.accounts.recordSignOut(
            ofSignIns: signIns, account, end, by: requester ?? account, context: visit.recorded())
        } catch {
          visit.context.requestLogger.error("sessions ended without an event", metadata: ["code": "\(error.code)"])
        }
      }
    }
  }

  /// Records that a sign-in was refused, as far as there are not too many.
  func recordRefusal(_ issuer: String, _ refusal: RefusedSignIn, detail: String = "", _ visit: Visit) async {
    guard let now = try? now, let unrecorded = refusals.take(at: now) else { return }
    do throws(LedgerError) {
      try await ledger.accounts.recordRefusedSignIn(
        issuer: issuer, refusal, detail: detail, unrecorded: unrecorded, context: visit.recorded())
    } catch { visit.context.requestLogger.error("a refused sign-in has no event", metadata: ["code": "\(error.code)"]) }
  }
}
