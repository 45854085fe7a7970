import CredentialLedger
import Glibc
import LedgerOperations

/// Stands for a client of HTTP.
private struct HTTP {
  func post(_ request: [UInt8], to address: String) async throws -> Evidence.WitnessResponse { (404, request) }
}

/// As ``DocumentedCallsTests``, for backups, archives, exports, imports and witnesses. These examples name folders and
/// addresses, and so they are compiled, and not run: what the calls do is tested elsewhere.
private struct DocumentedCallsOfBackup {
  let ledger: Ledger
  let key: String
  let witnessKey: String
  let http: HTTP

  func out() async throws {
    do {
      let report = try await ledger.backups.make(at: "/backup/log-1", keys: "/safe/keys-1")
      print(report.manifest.position, report.manifest.root)
    }
    do {
      let archive = try await ledger.archive.append(to: "/backup/archive")
      print(archive.position, archive.added)
    }
    let policy = RetentionPolicy(olderThan: .seconds(90 * 86_400))
    do {
      let plan = try await ledger.retention.plan(policy, archive: "/backup/archive")
      print(plan.records, plan.bytes)
    }
    do {
      let report = try await ledger.retention.apply(policy, archive: "/backup/archive")
      print(report.records, report.events)
    }
    do {
      let archive = try await Archive.check(at: "/backup/archive")
      print(archive.position)
    }
    do {
      let report = try await Backups.check(at: "/backup/log-1", verifierKeys: [key])
      print(report)
    }
    do {
      let report = try await ledger.evidence.exportTiles(to: "/srv/ledger.example.org")
      print(report)
    }
    do {
      let published = try await ledger.evidence.checkTiles(in: "/srv/ledger.example.org")
      print(published)
    }
    let note = try await ledger.evidence.cosigned(try await ledger.checkpoint(), by: witnessKey) { request in
      try await http.post(request, to: "https://witness.example.org/add-checkpoint")
    }
    print(note)
    let report = try await ledger.backups.export(to: STDOUT_FILENO)
    print(report)
  }

  func back() async throws {
    do {
      let report = try await Ledger.restore(from: "/backup/log-1", keys: "/safe/keys-1", at: "/var/lib/credledger")
      let ledger = try await Ledger.open(at: "/var/lib/credledger")
      print(report, ledger.origin)
    }
    let report = try await Ledger.importing(STDIN_FILENO, keys: "/safe/keys-1", at: "/var/lib/credledger")
    print(report)
  }
}
