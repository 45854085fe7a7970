import CredentialLedger
import Hummingbird

/// Finding people and things by what they go by, for operators and auditors.
extension ManagementPortal {
  func findPage(_ visit: Visit, _ viewer: Viewer) async throws(PortalFailure) -> Response {
    guard viewer.readsAll else { throw .notFound("page") }
    let wanted = visit.query["q"]
    var problem: Problem?
    var (rows, next): ([HTML], UInt64?) = ([], nil)
    if !wanted.isEmpty {
      do throws(LedgerError) {
        (rows, next) = try await found(wanted, after: visit.query.number("after") ?? 0, viewer)
      } catch {
        guard error.code == .invalidValue else { throw PortalFailure(error) }
        problem = Problem(
          "q",
          "Write words with a letter or a digit, or a whole phone number with its country, such as +44 7700 900123.")
      }
    }
    let more = next.map {
      #"<p class="pager"><a href="?\#(visit.query.query(replacing: "after", with: String($0)))">Next</a></p>"# as HTML
    }
    let table: HTML =
      rows.isEmpty
      ? when(
        !wanted.isEmpty && problem == nil,
        next == nil
          ? #"<div class="card"><p>Nobody and nothing goes by that.</p></div>"#
          : #"<div class="card"><p>Nothing among those looked at so far.</p></div>"#)
      : #"<div class="table-box"><table class="lists named"><caption class="visually-hidden">What was found</caption><thead><tr><th scope="col">Name</th><th scope="col">Kind</th><th scope="col">State</th><th scope="col">Events</th></tr></thead><tbody>\#(rows)</tbody></table></div>"#
    let fault = Part.fault("q", problem?.words)
    let content: HTML = #"""
      \#(Part.header("Find", below: "<p>People by words of their name, by e-mail, subject or a whole phone number; connectors, groups and resource servers by words of their names. The names of people that you see are recorded.</p>"))
      <form class="filter-bar" method="get" action="/portal/find" role="search" aria-label="Find" novalidate>\#(problem.map { Part.problems([$0]) } ?? .empty)<div class="field field-wide"><label for="q">What to look for</label><input id="q" name="q" type="search" value="\#(wanted)" maxlength="512" autocomplete="off"\#(fault.attributes)>\#(fault.text)</div><button class="button button-main">Find</button></form>
      \#(table)\#(more ?? .empty)
      \#(Part.commandLine(["credledger find TEXT --reveal"]))
      """#
    return .html(
      layout().page(Page("Find", at: .find, hasProblem: problem != nil, content), for: viewer),
      status: problem == nil ? .ok : .unprocessableContent)
  }

  /// The rows of a page of what goes by a text, and what to go on after. That names of people are read is recorded.
  private func found(
    _ text: String, after number: UInt64, _ viewer: Viewer
  ) async throws(LedgerError) -> ([HTML], next: UInt64?) {
    let found = try await ledger.find(text, after: number, limit: Self.rowLimit)
    let people = found.objects.map(\.subject).filter { $0.kind == .account }
    let leave = try await recordedLeave(to: viewer, .subjects(people), for: "portal find")
    let names = try await ledger.audit.labels(of: people, under: leave)
    let rows = found.objects.map { object -> HTML in
      let subject = object.subject
      let name = object.name ?? names[subject]?.name ?? subject.description
      let state =
        switch object.standing {
        case .present: Part.status("good", "There")
        case .ended: Part.status("bad", subject.kind == .account ? "Disabled" : "Ended")
        case .erased: Part.status("", "Erased")
        }
      return #"""
        <tr><th scope="row"><a href="\#(Self.place(of: object, for: viewer))">\#(Part.name(name))</a><small><code>\#(subject.description)</code></small></th><td data-label="Kind">\#(subject.kind.name)</td><td data-label="State">\#(state)</td><td data-label="Events"><a href="/portal/audit?who=\#(subject.description)">What happened<span class="visually-hidden"> \#(Part.name(name))</span></a></td></tr>
        """#
    }
    return (rows, found.next)
  }

  /// The page of something that was found; where it has none that the viewer may see, its events.
  private static func place(of object: FoundObjects.Object, for viewer: Viewer) -> String {
    let subject = object.subject
    let isThere = object.standing == .present
    return switch subject.kind {
    case .account where viewer.account.role == .operator: "/portal/people/\(subject.number)"
    case .connector where isThere: "/portal/connectors/\(subject.number)"
    case .group where isThere: "/portal/groups/\(subject.number)"
    default: "/portal/audit?who=\(subject.description)"
    }
  }
}
