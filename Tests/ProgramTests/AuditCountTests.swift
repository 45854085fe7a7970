import CredentialLedger
import LedgerTestSupport
import Testing

@testable import credledger

/// `audit --count`, `--group-by`, `--all` and what is excluded.
@Suite struct AuditCountTests {
  private func run(_ ledger: AuditedLedger, _ arguments: String...) throws -> ProgramResult {
    try runProgram(["audit"] + arguments + ["--ledger", ledger.path])
  }

  @Test("What is counted is what is shown") func whatIsCounted() async throws {
    let ledger = try await AuditedLedger()
    let all = try run(ledger, "--limit", "10000", "--format", "ndjson").output.split(separator: "\n")
    #expect(all.count > 8)
    #expect(try run(ledger, "--count").output == "\(all.count)\n")
    for filter in [
      ["--type", "token.*"], ["--account", "\(ledger.ada)"], ["--connector", "\(ledger.connector.id)"],
      ["--request", "r-17"],
      ["--actor", "\(ledger.ada)", "--type", "connector.created"], ["--since", "2026-01-01T00:00:05Z"],
      ["--type", "!account.*", "--type", "!phone.*"], ["--type", "token.*", "--type", "!token.revoked"],
    ] {
      let shown = try runProgram(["audit", "--limit", "10000", "--format", "ndjson", "--ledger", ledger.path] + filter)
      let counted = try runProgram(["audit", "--count", "--ledger", ledger.path] + filter)
      #expect(counted.output == "\(shown.output.split(separator: "\n").count)\n", "\(filter): \(counted.error)")
      for grouping in ["type", "actor", "day", "hour"] {
        let grouped = try runProgram(
          ["audit", "--group-by", grouping, "--format", "json", "--ledger", ledger.path] + filter)
        try expectDocuments(grouped.output, match: "audit-counts")
        // Each event has one type, one actor and one time.
        let counts = grouped.output.matches(of: #/"count": ([0-9]+)/#).compactMap { Int($0.output.1) }
        #expect(counts.reduce(0, +) == shown.output.split(separator: "\n").count, "\(filter) by \(grouping)")
      }
    }
    let unlike = try run(ledger, "--type", "!token.*", "--limit", "10000", "--format", "ndjson").output
    #expect(!unlike.contains("\"token.issued\"") && unlike.contains("connector.created"))
    #expect(try run(ledger, "--type", "token.issued", "--type", "!token.*").status == 2)
    #expect(try run(ledger, "--type", "!nonsense").status == 2)
  }

  @Test("Groups are named and drawn") func groupsAreNamedAndDrawn() async throws {
    let ledger = try await AuditedLedger()
    let table = try run(ledger, "--group-by", "group").output
    #expect(table.contains("Feld, 東京") && table.contains("###") && table.contains(" in all"), "\(table)")
    let days = try run(ledger, "--group-by", "day", "--format", "csv").output
    #expect(days.hasPrefix("day,name,count\r\n2026-01-01,,"), "\(days)")
    #expect(
      try run(ledger, "--group-by", "hour", "--format", "ndjson").output.hasPrefix(#"{"key":"2026-01-01T00","count":"#))
    let file = "\(ledger.folder.path)/plot.svg"
    #expect(try run(ledger, "--group-by", "connector", "--plot", file).status == 0)
    let picture = String(decoding: try TestFile.read(file), as: UTF8.self)
    #expect(picture.hasPrefix("<svg ") && picture.hasSuffix("</svg>\n"))
    // A name cannot write into the picture.
    #expect(picture.contains("=HYPERLINK(&quot;https") && !picture.contains("\"Roster\""), "\(picture)")
    #expect(try run(ledger, "--group-by", "type", "--plot", file).error.contains("already_exists"))
    for wrong in [
      ["--count", "--follow"], ["--plot", "x"], ["--count", "--format", "cloudevents"], ["--all", "--format", "json"],
    ] {
      #expect(try runProgram(["audit", "--ledger", ledger.path] + wrong).status == 2, "\(wrong)")
    }
    #expect(BarChart.bars([0, 1, 1_000, .max], columns: 40).map(\.count) == [0, 1, 1, 40])
  }

  @Test("Every event is shown without pages") func everyEvent() async throws {
    let ledger = try await ProvenLedger(events: 3_500)
    for events in [7_000, 10_030] { try await ledger.grow(to: events) }
    func positions(_ more: String...) throws -> [UInt64] {
      let result = try ledger.run(["audit", "--all", "--format", "csv", "--fields", "position"] + more)
      #expect(result.status == 0, "\(result.error)")
      return result.output.split(separator: "\r\n").dropFirst().compactMap { UInt64($0) }
    }
    let head = try UInt64(#require(Int(ledger.run("audit", "--count").output.dropLast())))
    #expect(try positions() == (1...head).reversed())
    #expect(try positions("--reverse") == Array(1...head))
    #expect(try positions("--type", "ledger.*") == [1])
  }
}
