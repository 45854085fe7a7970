import LedgerCrypto
import LedgerDomain
import LedgerEvents

/// Who restores a ledger, who approved that, and why: for the event that says so.
///
/// Operators are those of the log that is restored, and the rules are its own, since there is no other log yet. Where they need
/// two operators for a restore, both are named. Neither name is proven: somebody who has a copy of the log and its keys can
/// restore it with another program.
public struct RestoreAuthority: Sendable {
  /// The operator who restores: an account such as `account:5`, or the exact name of an operator.
  public var named: String?
  /// The operator who approved it, in the same way.
  public var approver: String?
  /// Why; at most 500 bytes, one line, not sealed.
  public var reason: String?
  /// What it goes back to elsewhere; at most 100 bytes, one line.
  public var ticket: String?

  public init(named: String? = nil, approver: String? = nil, reason: String? = nil, ticket: String? = nil) {
    self.named = named
    self.approver = approver
    self.reason = reason
    self.ticket = ticket
  }

  var isNone: Bool { named == nil && approver == nil && reason == nil && ticket == nil }

  /// Nobody is named.
  public static let none = RestoreAuthority()
}

extension Ledger {
  /// A restored log, whose keys are not all there.
  struct Restored: Sendable {
    let events: UInt64
    let root: Digest
    let missing: LostKeys
  }

  /// Records who restored the ledger, where that is asked for, and the erasures that come with it.
  ///
  /// - Returns: the position of the event that says that it was restored.
  /// - Throws: `forbidden` of the field `operator` or `approver`; `approval_required`.
  func record(
    _ restored: Restored, by authority: RestoreAuthority, _ recording: RestoreRecord
  ) async throws(LedgerError) -> Position? {
    var context = RequestContext(reason: authority.reason, ticket: authority.ticket)
    if let name = authority.named { context.namedOperator = try await operators.find(name) }
    var approver: AccountID?
    if let name = authority.approver {
      do throws(LedgerError) { approver = try await operators.find(name) } catch {
        throw LedgerError(error.code, error.reason.replacing("operator:", with: "approver:"), field: "approver")
      }
    }
    var request = try prepare(context)
    let (named, erases) = (context.namedOperator, !restored.missing.isEmpty)
    var position: Position?
    switch recording {
    case .event:
      position = try await submit(
        RecordRestore(
          events: restored.events, root: restored.root, named: named, approver: approver, erases: erases), in: request)
    case .none:
      try asking { (state) throws(DecisionFailure) in
        try state.requireUnrecordedRestore()
        try state.requireApprover(approver, of: named, forRestore: false, erasing: erases)
      }
      guard authority.isNone || erases else {
        throw LedgerError(
          .invalidValue, "record: expected the event, as nothing else would keep who restored it and why",
          field: "record")
      }
    }
    // The restore was approved with all that comes with it.
    request.hasUsedProposal = true
    try await recordErasures(of: restored.missing, request, context)
    return position
  }
}
