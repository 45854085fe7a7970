import LMDB
import LedgerTestSupport
import Projections
import Testing

@testable import CredentialLedger

/// Replays at the command line.
@Suite struct ReplayTests {
  /// Its directory is in the first set of tables.
  private let simulated: SimulatedLedger
  private var folder: TemporaryFolder { simulated.folder }
  private var path: String { simulated.path }

  init() throws { simulated = try SimulatedLedger.small(events: 300) }

  private func run(_ arguments: String..., input: String = "") throws -> ProgramResult {
    try runProgram(["replay"] + arguments + ["--ledger", path], input: input)
  }

  @Test("What is printed is as the schemas say") func printedAs() throws {
    let out = "\(folder.path)/out"
    for (schema, arguments) in [
      ("replay-verify", ["--verify"]), ("replay-verify", ["--verify", "--only", "validity"]),
      ("replay", ["--to", "100", "--out", out, "--only", "directory"]), ("replay", ["--rebuild"]),
      ("replay-profile", ["--profile"]),
    ] {
      let result = try runProgram(["replay"] + arguments + ["--format", "json", "--ledger", path])
      #expect(result.status == 0, "\(arguments): \(result.error)")
      try expectDocuments(result.output, match: schema)
    }
    let steps = try run("--step", "--format", "ndjson", input: "forward 30\nback 3\nnext account:2000\n")
    #expect(steps.status == 0)
    #expect(steps.output.split(separator: "\n").count == 33)
    try expectDocuments(steps.output, match: "replay-step")
  }

  @Test("A planted row is named and a rebuild mends it") func plantedRow() async throws {
    // The first group's row, its name changed.
    let number = try firstGroup()
    try plant(inGroup: number, under: try await directoryKey())
    let found = try run("--verify")
    #expect(found.status == 1)
    #expect(found.error.contains("directory: group \(number) is name \"Trap 00\"; the log makes it name \"Group 0\""))
    #expect(found.error.contains("touched last by event"))
    #expect(try run("--verify", "--only", "validity").status == 0)
    let document = try run("--verify", "--format", "json")
    #expect(document.status == 1)
    try expectDocuments(document.output, match: "replay-verify")
    #expect(try run("--rebuild").status == 0)
    #expect(try run("--verify").status == 0)
  }

  private func firstGroup() throws -> UInt64 {
    let listed = try runProgram(["state", "--select", "groups", "--limit", "1", "--ledger", path])
    let name = try #require(listed.output.split(separator: "\n").first)
    return try #require(Subject(String(name))?.number)
  }

  /// The key of the directory's row checks.
  private func directoryKey() async throws -> RowKey {
    let reader = try await Ledger.openForReading(at: path)
    let keys = try AccessKeys.all(of: reader.keyStore)
    await reader.close()
    return try #require(keys.first?.key(ofTable: "directory.a"))
  }

  /// Changes a row through LMDB, with the check that belongs to it.
  private func plant(inGroup number: UInt64, under rowKey: RowKey) throws {
    let environment = try Environment(at: "\(path)/ledger")
    defer { environment.close() }
    var transaction = try environment.beginWrite()
    let table: Table<BytesKey, RawBytes> = try environment.openTable(
      .init("directory.a", logicalName: "directory", key: rowKey), in: &transaction)
    let key = [30] + (0..<8).map { UInt8(truncatingIfNeeded: number >> (56 - 8 * $0)) }
    var row = try #require(try table.get(key, in: transaction))
    let name = Array("Group 0".utf8)
    let place = try #require((0...row.count - name.count).first { row[$0..<$0 + name.count].elementsEqual(name) })
    row.replaceSubrange(place..<place + name.count, with: Array("Trap 00".utf8))
    try table.put(key, row, in: &transaction)
    try transaction.commit()
  }

  @Test("A replay into a folder goes on and refuses others") func replayInto() throws {
    let out = "\(folder.path)/out"
    #expect(try run("--to", "100", "--out", out).output.contains("from the first event to position 100"))
    let rest = try run("--to", "300", "--out", out, "--format", "ndjson")
    #expect(rest.output.contains(#""position":300,"from":100"#))
    let digests = try #require(rest.output.split(separator: "\"digests\":").last)
    // As the live ones have them.
    #expect(try run("--verify", "--format", "ndjson").output.contains(digests.dropLast(2)))
    #expect(try runProgram(["snapshot", "make", "--ledger", path]).status == 0)
    let fast = try run("--to", "300", "--out", "\(out)-2", "--from-snapshot", "--format", "ndjson")
    #expect(fast.output.contains(digests.dropLast(2)))
    try expectSame(in: out)
    try expectSame(in: "\(out)-2")
    for (arguments, expected) in [
      (["--to", "200", "--out", out], "beyond 200"), (["--to", "9999", "--out", out], "expected 1 to 3"),
      (["--to", "300", "--out", folder.path], "something else"),
      (["--to", "300", "--out", "\(path)/ledger"], "something else"),
      (["--to", "300", "--out", out, "--only", "audit"], "other projections"),
    ] {
      let result = try runProgram(["replay"] + arguments + ["--ledger", path])
      #expect(result.status == 1 && result.error.contains(expected), "\(arguments): \(result.error)")
    }
    for arguments in [
      ["--to", "3"], ["--verify", "--rebuild"], [], ["--rebuild", "--only", "audit"], ["--verify", "--from", "3"],
    ] {
      #expect(try runProgram(["replay"] + arguments + ["--ledger", path]).status == 2, "\(arguments)")
    }
  }

  /// Expects of a folder what is replayed for the occasion.
  private func expectSame(in out: String) throws {
    for question in [
      ["--select", "grants"], ["--select", "tokens"], ["--select", "accounts", "--reveal"], ["--id", "connector:9"], [],
    ] {
      // The summary names the snapshot that was replayed from, where there was one.
      for format in question.isEmpty ? ["table"] : ["table", "ndjson", "json"] {
        let rest = question + ["--format", format, "--ledger", path]
        let (found, expected) = try (
          runProgram(["state", "--in", out] + rest), runProgram(["state", "--as-of", "300"] + rest)
        )
        #expect(found.status == expected.status && found.output == expected.output, "\(rest): \(found.error)")
      }
    }
  }

  @Test("What holds no whole replay is not looked into") func holdsWhole() throws {
    let (part, none) = ("\(folder.path)/part", "\(folder.path)/none")
    #expect(try run("--to", "100", "--out", part, "--only", "directory").status == 0)
    for (name, expected) in [
      (part, "other projections"), (none, "not_found"), (folder.path, "not_found"),
      ("\(path)/ledger", "something else"),
    ] {
      let result = try runProgram(["state", "--in", name, "--ledger", path])
      #expect(result.status == 1 && result.error.contains(expected), "\(name): \(result.error)")
    }
    #expect(TemporaryFolder.names(in: none) == nil)
    #expect(try runProgram(["state", "--in", part, "--as-of", "3", "--ledger", path]).status == 2)
  }

  @Test("A rebuild is refused while another process writes") func rebuildRefused() async throws {
    let ledger = try await Ledger.open(at: path)
    let refused = try run("--rebuild")
    #expect(refused.status == 3 && refused.error.contains("already_open"), "\(refused.error)")
    #expect(try run("--verify").status == 0)
    await ledger.close()
    #expect(try run("--rebuild").status == 0)
  }

  @Test("Steps go there and back") func stepsGoThereAndBack() throws {
    let steps = try run("--step", "--from", "300", input: "\nback 301\n\nshow account:2\ngo 10\ngo 301\n")
    #expect(steps.output.contains("that was the last event"))
    #expect(steps.output.contains("taken back: 1  "))
    #expect(steps.output.contains("this is before the first event"))
    #expect(steps.output.contains("there is no account:2 here"))
    #expect(steps.output.contains("at position 10"))
    #expect(steps.status == 1 && steps.error.contains("1 to 300"))
    #expect(try run("--step", input: "jump\n").status == 1)
  }
}
