import CredentialLedger
import Hummingbird

/// Invitations to groups, which somebody gets by a number that they verify.
extension ManagementPortal {
  /// The invitations that the viewer may accept; empty where there is none.
  func invitations(to viewer: Viewer, problems: [Problem]) async throws(PortalFailure) -> HTML {
    let all = try await asking { () throws(LedgerError) in try ledger.groups.invitations(to: viewer.id) }
    let open = try await openEvents(all.map(\.membership.position), to: viewer)
    let rows = try await asking { () throws(LedgerError) -> [HTML] in
      var rows: [HTML] = []
      for invitation in all {
        guard let group = try ledger.groups.group(invitation.group) else { continue }
        let name = Part.name(group.name)
        rows.append(
          #"""
          <tr><th scope="row">\#(name)</th><td data-label="Role">\#(invitation.role == .admin ? "Admin" : "Member")</td><td data-label="Until">\#(Part.exact(invitation.expiresAt))</td><td data-label="Proof">\#(Part.proof(invitation.membership.position, signed: signed, isOpen: open.contains(invitation.membership.position)))</td><td data-label="Actions"><form class="actions" method="post" action="/portal/groups/invitations">\#(viewer.token)<button class="button button-small" name="membership" value="\#(invitation.membership.rawValue)">Accept<span class="visually-hidden"> \#(name)</span></button></form></td></tr>
          """#)
      }
      return rows
    }
    guard !rows.isEmpty || !problems.isEmpty else { return .empty }
    let table: HTML = #"""
      <p>An admin of each of these groups added your number. By accepting you become a member, and its members see your name.</p>
      <div class="table-box"><table class="lists named"><caption class="visually-hidden">Invitations</caption><thead><tr><th scope="col">Group</th><th scope="col">Role</th><th scope="col">Until</th><th scope="col">Proof</th><th scope="col">Actions</th></tr></thead><tbody>\#(rows)</tbody></table></div>
      """#
    return #"""
      <section class="stack" aria-labelledby="invitations"><h2 id="invitations">Invitations</h2>\#(Part.problems(problems))\#(when(!rows.isEmpty, table))</section>
      """#
  }

  func acceptInvitation(_ visit: Visit, _ viewer: Viewer) async throws(PortalFailure) -> Response {
    let invitation = MembershipID(rawValue: visit.form.number("membership") ?? 0)
    let group: GroupID?
    do throws(LedgerError) {
      group = try ledger.groups.invitations(to: viewer.id).first { $0.membership == invitation }?.group
      try await ledger.groups.accept(invitation, by: viewer.id, context: visit.recorded())
    } catch {
      let words: String
      switch error.code.kind {
      case .notFound, .gone: words = "This invitation is over, or is not yours. Ask an admin of the group for another."
      case .conflict: words = "You are a member of this group already."
      default: throw PortalFailure(error)
      }
      return try await groupsAnswer(visit, viewer, problems: [Problem(nil, words)])
    }
    // Accepting again changes nothing: the list of groups has it by then.
    let place = group.map { "/portal/groups/\($0.rawValue)" } ?? "/portal/groups"
    return .see("\(place)?said=joined\(try await receipt(of: visit))")
  }
}
