import LedgerTestSupport
import Testing

@testable import CredentialLedger

/// Many members, and subscribers, from the command line.
@Suite struct GroupProgramTests {
  let folder = TemporaryFolder()
  var path: String { folder.path + "/ledger" }
  let numbers = "+33 612 345 678\n\n+911199999998\r\n"

  private func run(_ arguments: [String], input: String = "", status: Int32 = 0) throws -> ProgramResult {
    let result = try runProgram(arguments, input: input, environment: ["CREDLEDGER_DIR=\(path)"])
    #expect(result.status == status, "\(arguments): \(result.error)")
    #expect(!result.error.contains("612"), "\(arguments)")
    return result
  }

  /// The lines that a command writes for programs, which must match their schema.
  private func lines(_ schema: String, _ arguments: String..., input: String = "") throws -> [String] {
    let output = try run(arguments + ["--format", "ndjson"], input: input).output
    if !output.isEmpty { try expectDocuments(output, match: schema) }
    return output.split(separator: "\n").map(String.init)
  }

  private func value(_ name: String, in text: String) throws -> String {
    let start = try #require(text.firstRange(of: "\"\(name)\":")).upperBound
    let value = text[start...].prefix { $0 != "," && $0 != "}" }.filter { $0 != "\"" }
    // An ID goes by its number as well, without its kind.
    return Subject(value).map { "\($0.number)" } ?? value
  }

  /// A ledger with three people, of whom the first has a phone.
  private func people() async throws -> [String] {
    let ledger = try await Ledger.create(
      at: path, origin: "ledger.example.org", LedgerConfiguration())
    var ids: [AccountID] = []
    for subject in ["a", "b", "c"] {
      ids.append(try await ledger.accounts.signIn(issuer: "https://id.example.org", subject: subject).account)
    }
    let request = try await ledger.phones.requestPIN(for: PhoneNumber("+4915112345678"), by: ids[0])
    _ = try await ledger.phones.verify(request.pin?.digits ?? "", challenge: request.challenge, by: ids[0])
    await ledger.close()
    return ids.map { "\($0.rawValue)" }
  }

  @Test("Many members come and go by one command, all or nobody") func membersCome() async throws {
    let ids = try await people()
    let made = try lines(
      "group", "group", "create", "--name", "Team", "--creator", ids[0], "--account", ids[1], "--number",
      "+33 612 345 678")[0]
    let group = try value("group", in: made)
    #expect(try value("members", in: made) == "3")
    _ = try run(["group", "add-member", group, "--account", ids[2], "--account", "99"], status: 1)
    let added = try lines(
      "member", "group", "add-member", group, "--account", ids[1], "--account", ids[2], "--number-file", "-",
      input: numbers)
    #expect(added.count == 2)
    #expect(added.map { $0.contains("\"byNumber\":true") } == [false, true])
    let again = ["group", "add-member", group, "--account", ids[2]]
    #expect(try run(again).output == "nothing was to be done\n")

    let hidden = try lines("member", "group", "members", group)
    #expect(hidden.count == 5 && !hidden.joined().contains("number\":\"") && !hidden.joined().contains("612"))
    let shown = try lines("member", "group", "members", group, "--reveal")
    #expect(shown[0].contains("\"number\":\"+4915112345678\"") && !shown[1].contains("\"number\":"))
    #expect(shown[2].contains("\"number\":\"+33612345678\""))
    #expect(try run(["group", "members", group, "--reveal"]).output.contains("NUMBER"))

    let memberships = try added.map { try value("membership", in: $0) }
    let creator = try value("membership", in: hidden[0])
    _ = try run(["group", "remove-member", group, memberships[0], creator], status: 1)
    let leave = ["group", "remove-member", group] + memberships
    let removed = try run(leave).output
    #expect(removed == memberships.map { "membership:\($0) is removed\n" }.joined())
    let rest = try lines(
      "change", "group", "remove-member", group, memberships[0], try value("membership", in: hidden[1]))
    #expect(try rest.map { try value("changed", in: $0) } == ["false", "true"])
  }

  @Test("Subscribers come by account and by number, and are listed in pages") func subscribersCome() async throws {
    let ids = try await people()
    let group = try value(
      "group",
      in: lines("group", "group", "create", "--name", "News", "--creator", ids[0], "--kind", "connect-group")[0])
    let made = try lines(
      "change", "group", "subscribe", group, "--account", ids[0], "--account", ids[1], "--number-file", "-",
      input: numbers)
    #expect(
      try made.map { try value("target", in: $0) } == [ids[0], ids[1], "number 1", "number 2"])
    #expect(try made.allSatisfy { try value("changed", in: $0) == "true" })
    let again = ["group", "subscribe", group, "--account", ids[1], "--account", ids[2]]
    #expect(
      try run(again).output
        == "account:\(ids[1]): nothing was to be done\naccount:\(ids[2]) is a subscriber now\n")

    let first = try lines("subscriber", "group", "subscribers", group, "--limit", "3")
    let second = try lines(
      "subscriber", "group", "subscribers", group, "--after", try value("subscription", in: first[2]))
    #expect(first.count == 3 && second.count == 2)
    #expect(!(first + second).joined().contains("612") && first[2].contains("\"byNumber\":true"))
    let shown = try lines("subscriber", "group", "subscribers", group, "--reveal")
    #expect(shown[0].contains("\"number\":\"+4915112345678\"") && !shown[1].contains("\"number\":"))
    #expect(shown[2].contains("\"number\":\"+33612345678\""))
    let table = try run(["group", "subscribers", group]).output
    #expect(table.contains("waits for its number") && !table.contains("NUMBER"))

    let leave = [
      "group", "unsubscribe", group, "--account", ids[1], "--number", "+33612345678", "--number", "+4915112345678",
    ]
    #expect(
      try run(leave).output
        == "account:\(ids[1]) is no longer a subscriber\nnumber 1 is no longer a subscriber\n"
        + "number 2 is no longer a subscriber\n")
    #expect(try lines("subscriber", "group", "subscribers", group).count == 2)
    #expect(try run(leave + ["--format", "json"]).output.contains("\"changed\": false"))
  }

  @Test("Groups that are not public, and commands that name nobody, are refused") func groupsPublic() async throws {
    let ids = try await people()
    let group = try value("group", in: lines("group", "group", "create", "--name", "Team", "--creator", ids[0])[0])
    for arguments in [["subscribe", group, "--account", ids[1]], ["subscribers", group]] {
      #expect(try run(["group"] + arguments, status: 1).error.contains("invalid_value"))
    }
    for verb in ["subscribe", "unsubscribe", "add-member", "remove-member"] {
      #expect(try run(["group", verb, group], status: 2).error.contains("credledger group \(verb)"))
    }
  }
}
