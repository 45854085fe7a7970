import CredentialLedger
import HTTPSupport
import Hummingbird
import LedgerOperations

/// What the filters of the audit trail let pass, as files.
extension ManagementPortal {
  /// How many events a file has at most.
  static let fileLimit = 10_000

  /// What the audit page says of its files in a ledger that has more events than a file may have; else nothing.
  static func filesCut(_ query: FormValues, head: UInt64) -> HTML {
    guard head > fileLimit else { return .empty }
    guard let command = auditCommand(query, "--all --format csv") else { return .empty }
    return #"""
      <p class="small soft">A download has the newest \#(Part.number(UInt64(fileLimit))) events that match, at most. This gives all of them: <code>\#(command)</code></p>
      """#
  }

  /// The events of the audit page's filters, as a file. At most ``fileLimit``, the newest first.
  func auditFile(_ visit: Visit, _ viewer: Viewer) async throws(PortalFailure) -> Response {
    let filter = try await soundFilter(visit, viewer)
    let page = try await asking { () throws(LedgerError) in
      try await ledger.audit.search(filter, limit: Self.fileLimit)
    }
    // A file that lacks events without a word would be taken for whole.
    guard page.next == nil || page.steps < Audit.stepLimit else {
      throw .invalid("Too many events have to be looked at. Narrow the filters by dates.")
    }
    let entries = page.entries
    let isCSV = visit.part(0) == "audit.csv"
    if visit.part(0) == "audit.cloudevents" {
      let lines = entries.map { LedgerCloudEvent.json($0, origin: ledger.origin).bytes + [0x0A] }
      return .download(
        Array(lines.joined()), type: "application/x-ndjson", name: "audit.cloudevents.ndjson")
    }
    // In a spreadsheet each kind of subject has a column of its own, to filter by.
    let kinds = SubjectKind.allCases.filter { $0 != .operator }
    let heading = ["position", "time", "type", "actor", "object"] + kinds.map { "\($0)" } + ["request"]
    var text = isCSV ? CSVRecord.text(heading) : ""
    for entry in entries {
      let first = [
        ("position", String(entry.position)), ("time", entry.time.description), ("type", entry.type.name ?? ""),
        ("actor", entry.actor.description), ("object", entry.object?.description ?? ""),
      ]
      let request = entry.requestID ?? ""
      if isCSV {
        let subjects = kinds.map { kind in
          entry.subjects.filter { $0.kind == kind }.map(\.description).joined(separator: " ")
        }
        text += CSVRecord.text(first.map(\.1) + subjects + [request])
      } else {
        let subjects = entry.subjects.map(\.description).joined(separator: " ")
        let members = (first + [("subjects", subjects), ("request", request)]).map {
          ($0.0, $0.0 == "position" ? JSONValue.number($0.1) : .string($0.1))
        }
        text += String(decoding: JSONValue.object(members).bytes, as: UTF8.self) + "\n"
      }
    }
    return .download(
      Array(text.utf8), type: isCSV ? "text/csv; charset=utf-8" : "application/x-ndjson", name: visit.part(0))
  }
}
