import CredentialLedger
import HTTPSupport
import Hummingbird
import LedgerOperations

/// What the filters of the audit trail let pass, as files.
extension ManagementPortal {
  /// The events of the audit page's filters, as a file. At most 10,000, the newest first.
  func auditFile(_ visit: Visit, _ viewer: Viewer) async throws(PortalFailure) -> Response {
    guard let filter = try await filter(visit, viewer).0 else { throw .invalid("A filter is malformed.") }
    let entries = try await asking { () throws(LedgerError) in
      try await ledger.audit.search(filter, limit: 10_000).entries
    }
    let isCSV = visit.part(0) == "audit.csv"
    if visit.part(0) == "audit.cloudevents" {
      let lines = entries.map { LedgerCloudEvent.json($0, origin: ledger.origin).bytes + [0x0A] }
      return .download(
        Array(lines.joined()), type: "application/x-ndjson", name: "audit.cloudevents.ndjson")
    }
    var text = isCSV ? CSVRecord.text(["position", "time", "type", "actor", "object", "subjects", "request"]) : ""
    for entry in entries {
      let values = [
        ("position", String(entry.position)), ("time", entry.time.description), ("type", entry.type.name ?? ""),
        ("actor", entry.actor.description), ("object", entry.object?.description ?? ""),
        ("subjects", entry.subjects.map(\.description).joined(separator: " ")), ("request", entry.requestID ?? ""),
      ]
      if isCSV {
        text += CSVRecord.text(values.map(\.1))
      } else {
        let members = values.map { ($0.0, $0.0 == "position" ? JSONValue.number($0.1) : .string($0.1)) }
        text += String(decoding: JSONValue.object(members).bytes, as: UTF8.self) + "\n"
      }
    }
    return .download(
      Array(text.utf8), type: isCSV ? "text/csv; charset=utf-8" : "application/x-ndjson", name: visit.part(0))
  }
}
