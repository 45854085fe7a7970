import CredentialLedger
import LedgerTestSupport
import Testing

/// Nothing of what was given is left out without a word: lines of a file, options that are repeated.
@Suite struct SeveralLinesTests {
  @Test("A file of numbers is read whole") func fileNumbers() async throws {
    let played = try await BundleTests.Played()
    let ledger = played.ledger
    // The last number lies across the 64 KiB that were read before.
    let numbers = (0..<146).map { "+9111\(10_000_000 + $0)" }
    let padded = numbers.map { $0 + String(repeating: " ", count: 440) }.joined(separator: "\n")
    #expect(padded.utf8.count > 65_536)
    let file = ledger.file("numbers")
    TestFile.write(Array(padded.utf8), to: file)
    let added = try ledger.run("group", "add-member", "\(played.group)", "--number-file", file, "--format", "ndjson")
    #expect(added.status == 0, "\(added.error)")
    let members = try ledger.run("group", "members", "\(played.group)", "--reveal", "--format", "ndjson").output
    for number in numbers { #expect(members.contains(number), "\(number)") }

    TestFile.write([UInt8](repeating: 0x20, count: 1 << 20) + Array("\n+911199999997\n".utf8), to: file)
    let long = try ledger.run("group", "add-member", "\(played.group)", "--number-file", file)
    #expect(long.status == 3 && long.error.contains("more than 1048576 bytes"), "\(long.error)")
    TestFile.write(Array("+911199999997\n".utf8) + [0xFF], to: file)
    let damaged = try ledger.run("group", "add-member", "\(played.group)", "--number-file", file)
    #expect(damaged.status == 3 && damaged.error.contains("not UTF-8"), "\(damaged.error)")
    for missing in ["\(file)-none", ledger.file("")] {
      #expect(try ledger.run("group", "add-member", "\(played.group)", "--number-file", missing).status == 3)
    }
  }

  @Test("Each line is a token with its result") func eachLine() async throws {
    let played = try await BundleTests.Played()
    let foreign = try await BundleTests.Played()
    let input = "\n  Bearer \(played.text) \r\n\t\n\"\(foreign.text)\"\n'\(played.text)'\n"
    func run(_ arguments: String...) throws -> ProgramResult {
      try runProgram(arguments + ["--ledger", played.ledger.path], input: input)
    }
    let explained = try run("explain", "-")
    #expect(explained.status == 1 && explained.error.contains("1 of 3 lines failed"), "\(explained.error)")
    #expect(explained.output.contains("line 1\ntoken:\(played.token) at "), "\(explained.output)")
    #expect(explained.output.contains("line 2\nthat is no token of this ledger"), "\(explained.output)")
    #expect(explained.output.contains("line 3\ntoken:\(played.token) at "), "\(explained.output)")
    let file = try run("explain", "--file", "-", "--format", "ndjson")
    #expect(file.status == 1)
    try expectDocuments(file.output, match: "explain")

    let revoked = try run("token", "revoke", "-")
    #expect(revoked.status == 1)
    let lines = revoked.output.split(separator: "\n")
    #expect(lines.count == 3, "\(revoked.output)")
    #expect(lines[0] == "line 1: token:\(played.token) is revoked", "\(lines[0])")
    #expect(lines[1].hasPrefix("line 2: that is no token of this ledger"), "\(lines[1])")
    #expect(lines[2].hasPrefix("line 3: token:\(played.token): there was nothing to revoke"), "\(lines[2])")
    let again = try run("token", "revoke", "-", "--format", "ndjson")
    try expectDocuments(again.output, match: "token-revoke")
    #expect(!(again.output + explained.output + revoked.output).contains(played.text))
    #expect(try runProgram(["token", "revoke", "-", "--ledger", played.ledger.path], input: " \n\n").status == 2)

    let bundled = try runProgram(
      ["bundle", "-", "--ledger", played.ledger.path], input: "\(played.text)\n\(played.text)")
    #expect(bundled.status == 0, "\(bundled.error)")
  }

  @Test("An option that is repeated names alternatives") func optionRepeated() async throws {
    let ledger = try await AuditedLedger()
    func positions(_ arguments: [String], input: String = "") throws -> Set<String> {
      let result = try ledger.run(["audit", "--fields", "position", "--format", "csv"] + arguments, input: input)
      #expect(result.status == 0, "\(arguments): \(result.error)")
      return Set(result.output.split(separator: "\r\n").dropFirst().map(String.init))
    }
    for (option, one, two) in [
      ("--account", "\(ledger.ada)", "\(ledger.eve)"), ("--actor", "\(ledger.ada)", "\(ledger.eve)"),
      ("--subject", "\(ledger.group.id)", "\(ledger.connector.id)"), ("--request", "r-a-1", "r-17"),
      ("--phone", "+911199999999", "+911199999998"), ("--address", "192.0.2.7", "192.0.2.8"),
      ("--connector", "\(ledger.connector.id)", "\(ledger.connector.publicID)"),
    ] {
      let (first, second) = (try positions([option, one]), try positions([option, two]))
      #expect(!first.isEmpty, "\(option)")
      #expect(try positions([option, one, option, two]) == first.union(second), "\(option)")
      #expect(try positions([option, two, option, one]) == first.union(second), "\(option)")
    }
    let numbers = "+911199999999\n\n +911199999998\n"
    #expect(
      try positions(["--phone", "-"], input: numbers)
        == positions(["--phone", "+911199999999", "--phone", "+911199999998"]))
    // Different options still hold together.
    let both = try positions(["--account", "\(ledger.ada)", "--account", "\(ledger.eve)", "--type", "phone.verified"])
    #expect(both.count == 2)
  }

  @Test("What never was is not an empty answer") func neverEmpty() async throws {
    let ledger = try await AuditedLedger()
    for (option, name) in [
      ("--account", "account:99"), ("--actor", "connector:99"), ("--connector", "connector:99"), ("--group", "99"),
      ("--grant", "grant:99"), ("--subject", "webhook:99"), ("--token", "token:99"), ("--phone", "phone:99"),
      ("--account", "\(ledger.group.id.rawValue)"),
    ] {
      let result = try ledger.run(["audit", option, name])
      #expect(result.status == 1 && result.error.contains("[not_found]"), "\(option) \(name): \(result.error)")
    }
    #expect(try ledger.run(["audit", "--actor", "operator"]).status == 0)
  }
}
