import CredentialLedger
import Hummingbird

/// Decisions of an access review: each with a reason, as an event.
extension ManagementPortal {
  /// The newest decision about a grant.
  struct ReviewDecisionShown: Sendable {
    let position: Position
    let time: Timestamp
    let decision: ReviewDecision
    let reason: String

    init?(_ entry: AuditEntry?) {
      guard let entry, case .permissionReviewed(let event) = entry.event else { return nil }
      position = entry.position
      time = entry.time
      decision = event.decision
      reason = event.reason
    }
  }

  /// The newest decision about each of some grants.
  func decisions(about grants: [GrantID]) async throws(LedgerError) -> [GrantID: ReviewDecisionShown] {
    let newest = try await ledger.grants.newest(.permissionReviewed, of: grants)
    var decisions: [GrantID: ReviewDecisionShown] = [:]
    for entry in try await ledger.audit.entries(at: newest.values.map(\.position)) {
      guard case .permissionReviewed(let event) = entry.event else { continue }
      decisions[GrantID(rawValue: event.grant)] = ReviewDecisionShown(entry)
    }
    return decisions
  }

  /// The cell of a grant with its last decision, and the controls for another.
  func decisionCell(
    _ grant: GrantID, _ last: ReviewDecisionShown?, mayRevoke: Bool, _ visit: Visit, problems: [Problem], now: Timestamp
  ) -> HTML {
    let number = grant.rawValue
    let signed = signed
    let before: HTML =
      last.map {
        #"<p class="small">Kept \#(Part.ago($0.time, now: now)): \#(Part.name($0.reason)) \#(Part.proof($0.position, signed: signed))</p>"#
      } ?? .empty
    let chosen = visit.form["decide-\(number)"]
    let fault = Part.fault("reason-\(number)", problems.of("reason-\(number)"))
    return #"""
      \#(before)<div class="stack"><label class="visually-hidden" for="decide-\#(number)">Decision about \#(grant.description)</label><select id="decide-\#(number)" name="decide-\#(number)"><option value="">Decide…</option><option value="keep"\#(when(chosen == "keep", " selected"))>Keep</option>\#(when(mayRevoke, #"<option value="revoke"\#(when(chosen == "revoke", " selected"))>Revoke</option>"#))</select>
      <label class="visually-hidden" for="reason-\#(number)">Reason for \#(grant.description)</label><input id="reason-\#(number)" name="reason-\#(number)" value="\#(visit.form["reason-\(number)"])" placeholder="Reason" maxlength="200" autocomplete="off"\#(fault.attributes)>\#(fault.text)</div>
      """#
  }

  func saveDecisions(_ visit: Visit, _ viewer: Viewer) async throws(PortalFailure) -> Response {
    var problems: [Problem] = []
    var decided = 0
    for (name, value) in visit.form.values(beginning: "decide-") where !value.isEmpty {
      guard let number = UInt64(name), let decision = ["keep": GrantDecision.keep, "revoke": .revoke][value] else {
        throw .invalid("decide: expected one of the choices of the page.")
      }
      let reason = visit.form["reason-\(name)"]
      guard !reason.isEmpty else {
        problems.append(
          Problem("reason-\(name)", "Say why, in a few words: it is what an auditor will read."))
        continue
      }
      do throws(LedgerError) {
        try await ledger.grants.review(
          GrantID(rawValue: number), decision, reason: reason, by: viewer.id, context: visit.recorded())
        decided += 1
      } catch {
        guard error.isRefusal || error.code == .invalidValue else { throw PortalFailure(error) }
        problems.append(Problem("reason-\(name)", RefusalWords.sentence(error)))
      }
    }
    guard problems.isEmpty else { return try await reviewAnswer(visit, viewer, problems: problems, decided: decided) }
    guard decided > 0 else {
      return try await reviewAnswer(
        visit, viewer, problems: [Problem(nil, "Choose Keep or Revoke for at least one grant.")], decided: 0)
    }
    return .see("/portal/review?said=decided\(try await receipt(of: visit))")
  }
}
