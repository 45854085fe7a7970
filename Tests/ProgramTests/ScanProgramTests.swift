import CredentialLedger
import Glibc
import LedgerTestSupport
import Testing

/// `credledger scan`.
@Suite struct ScanProgramTests {
  let folder = TemporaryFolder()
  var path: String { "\(folder.path)/ledger" }

  private func write(_ text: String, to name: String) throws -> String {
    let file = unsafe try #require(fopen("\(folder.path)/\(name)", "w"))
    unsafe fputs(text, file)
    unsafe fclose(file)
    return "\(folder.path)/\(name)"
  }

  private func scan(_ arguments: [String], input: String? = nil) throws -> (
    output: String, error: String, status: Int32
  ) {
    let result = try runProgram(
      ["scan"] + arguments + ["--ledger", path, "--format", "ndjson"], input: input ?? "")
    return (result.output, result.error, result.status)
  }

  @Test("Tokens of the ledger are found wherever they are, without showing them, and stopped if asked")
  func tokensLedger()
    async throws
  {
    let ledger = try await Ledger.create(at: path, origin: "ledger.example.org", LedgerConfiguration())
    let account = try await ledger.accounts.signIn(issuer: "https://id.example.org", subject: "dev").account
    let request = try await ledger.phones.requestPIN(for: PhoneNumber("+911199999999"), by: account)
    _ = try await ledger.phones.verify(request.pin?.digits ?? "", challenge: request.challenge, by: account)
    let (connector, secret) = try await ledger.connectors.create(
      name: "Roster", permissions: [.groupInformation], by: account)
    let group = try await ledger.groups.create(name: "Team", by: account)
    let refresh = try await ledger.grants.grant(
      connector.id, consent: .scopes(.all), access: .group(group.id), by: account
    ).refreshToken
    let token = try await ledger.tokens.issue(
      connector: connector.publicID, secret: secret, refreshToken: refresh
    ).accessToken.text
    await ledger.close()

    // Across the pieces in which a file is read, in binary, and without anything around it.
    let long = String(repeating: "x", count: (1 << 18) - 30)
    let one = try write("a\nb \(token)\n\(refresh.text)", to: "one")
    let two = try write(long + token + "\u{1}", to: "two")
    let clean = try write("cla_\(String(repeating: "a", count: 71)) cls_x cl", to: "clean")
    let found = try scan([one, two, clean])
    #expect(found.status == 1, "\(found.error)")
    let lines = found.output.split(separator: "\n")
    #expect(lines.count == 3)
    #expect(lines.first?.contains(#""line":2,"column":3"#) == true, "\(found.output)")
    #expect(lines[1].contains(#""line":3,"column":1"#) && lines[1].contains(#""kind":"refresh""#))
    #expect(lines.last?.contains("\"column\":\(long.utf8.count + 1)") == true)
    #expect(lines.allSatisfy { $0.contains(#""state":"active""#) })
    #expect(!found.output.contains("cla_") && !found.output.contains("clr_") && !found.error.contains("cla_"))
    try expectDocuments(found.output, match: "scan")
    #expect(try scan([clean]).status == 0)
    #expect(try scan(["-"], input: "see \(token)").status == 1)
    #expect(try scan(["\(folder.path)/nothing"]).status == 3)
    #expect(try scan([one, "\(folder.path)/nothing"]).output.split(separator: "\n").count == 2)

    let revoked = try scan(["--revoke", two])
    #expect(revoked.status == 1 && revoked.output.contains(#""state":"revoked""#), "\(revoked.error)")
    #expect(try scan([two]).output.contains(#""state":"stopped""#))
    let after = try await Ledger.openForReading(at: path, LedgerConfiguration())
    let leaks = try await after.audit.latest(of: .type(.tokenLeakReported))
    #expect(leaks.count == 1)
    #expect(try !after.tokens.validate(token).isValid)
    // The form that is documented is the form of tokens.
    for (text, pattern) in [
      (token, TokenPattern.tokens), (refresh.text, TokenPattern.tokens), (secret.text, TokenPattern.secrets),
    ] {
      #expect(try text.wholeMatch(of: Regex(pattern)) != nil)
    }
    await after.close()
  }
}
