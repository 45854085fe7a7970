import CredentialLedger
import Glibc
import HTTPSupport
import TestSupport
import Testing

/// Reports of leaked tokens, against a server process; they are signed by the command-line tool of OpenSSL.
@Suite struct LeakTests {
  private let folder = TemporaryFolder()

  private func openssl(_ arguments: String...) throws -> String {
    let result = try runProgram(arguments, of: "/usr/bin/openssl")
    #expect(result.status == 0, "\(result.error)")
    return result.output
  }

  /// Makes a key, and returns the setting that names it.
  private func makeKey(_ identifier: String) throws -> String {
    _ = try openssl("ecparam", "-name", "prime256v1", "-genkey", "-noout", "-out", "\(folder.path)/\(identifier)")
    _ = try openssl("ec", "-in", "\(folder.path)/\(identifier)", "-pubout", "-out", "\(folder.path)/\(identifier).pem")
    return "CREDLEDGER_SERVE_LEAKS_KEYS=\(identifier)=\(folder.path)/\(identifier).pem"
  }

  private func signature(of body: String, by identifier: String) throws -> String {
    let file = unsafe try #require(fopen("\(folder.path)/body", "w"))
    unsafe fputs(body, file)
    unsafe fclose(file)
    _ = try openssl(
      "dgst", "-sha256", "-sign", "\(folder.path)/\(identifier)", "-out", "\(folder.path)/signature",
      "\(folder.path)/body")
    return try openssl("base64", "-A", "-in", "\(folder.path)/signature")
  }

  private func report(
    _ served: ServedLedger, _ body: String, signed: String? = nil, by identifier: String = "scanner",
    as name: String = "scanner"
  ) throws -> Answer {
    let signature = try signature(of: signed ?? body, by: identifier)
    return try served.ask(
      "POST", "/leaks",
      [
        "Content-Type: application/json", "Github-Public-Key-Identifier: \(name)",
        "Github-Public-Key-Signature: \(signature)",
      ],
      body: body)
  }

  @Test("A signed report stops the tokens of the ledger in it, and records where they were") func signedReport()
    async throws
  {
    let served = try await ServedLedger(environment: [makeKey("scanner")])
    let token = try #require(try served.ask("GET", "/v1/accessToken", served.kaizalaHeaders)["accessToken"])
    let foreign = "cla_" + String(repeating: "a", count: 71)
    let body =
      #"[{"token":"\#(token)","type":"credledger_token","url":"https://code.example.org/x","source":"commit"},{"token":"\#(foreign)","type":"t"}]"#
    let answer = try report(served, body)
    #expect(answer.status == 200, "\(answer.body)")
    #expect(answer.body.contains(#""label":"true_positive""#) && answer.body.contains(#""label":"false_positive""#))
    #expect(!answer.body.contains(token))
    #expect(try served.ask("GET", "/check", ["accessToken: \(token)"]).status == 401)
    // The refresh token has not leaked.
    #expect(try served.ask("GET", "/v1/accessToken", served.kaizalaHeaders).status == 200)
    let refresh = try report(served, #"[{"token":"\#(served.refreshToken)"}]"#)
    #expect(refresh.body.contains("true_positive"))
    #expect(try served.ask("GET", "/v1/accessToken", served.kaizalaHeaders).status == 401)
    // Whoever has a signed report can send it again: it is answered alike, and makes no event.
    for _ in 0..<2 { #expect(try report(served, body).body == answer.body) }
    #expect(!served.log.contains(token))
    served.end()
    let ledger = try await Ledger.openForReading(at: served.path, LedgerConfiguration())
    let leaks = try await ledger.audit.latest(of: .type(.tokenLeakReported))
    #expect(leaks.count == 2)
    let details = try #require(leaks.last).details
    #expect(details.contains { $0.name == "location" && $0.value == .text("https://code.example.org/x") })
    #expect(details.contains { $0.name == "reporter" && $0.value == .text("scanner") })
    await ledger.close()
  }

  @Test("A signed access token that leaked is found and stopped as any other") func signedAccess() async throws {
    let served = try await ServedLedger(environment: [makeKey("scanner")])
    served.end()
    let ledger = try await Ledger.open(at: served.path, LedgerConfiguration())
    let known = try ledger.connectors.connector(publicID: try #require(PublicID(served.connector)))
    try await ledger.connectors.update(try #require(known).id, hasSignedTokens: true, by: Requester.operator)
    await ledger.close()
    try served.start(environment: [makeKey("scanner")])
    let token = try #require(try served.ask("GET", "/v1/accessToken", served.kaizalaHeaders)["accessToken"])
    #expect(token.hasPrefix("eyJ"))
    #expect(try served.ask("GET", "/check", ["accessToken: \(token)"]).status == 200)
    // As it is found: another's signature, and one that is cut off, are nothing of this ledger's.
    let parts = token.split(separator: ".")
    let (forged, cut) = ("\(parts[0]).\(parts[1]).\(String(parts[2].reversed()))", "\(parts[0]).\(parts[1])")
    let answer = try report(
      served,
      #"[{"token":"\#(forged)","type":"t"},{"token":"\#(cut)","type":"t"},{"token":"\#(token)","type":"t","url":"u"}]"#)
    #expect(answer.status == 200, "\(answer.body)")
    let labels = answer.json?.items?.compactMap { $0["label"]?.text }
    #expect(labels == ["false_positive", "false_positive", "true_positive"], "\(answer.body)")
    #expect(!answer.body.contains(token))
    #expect(try served.ask("GET", "/check", ["accessToken: \(token)"]).status == 401)
    #expect(
      try runProgram(["audit", "--type", "token.leak_reported", "--count", "--ledger", served.path]).output.contains(
        "1"))
  }

  @Test("A report that is not signed by a configured key does nothing") func reportSigned() async throws {
    let served = try await ServedLedger(environment: [makeKey("scanner")])
    _ = try makeKey("other")
    let body = #"[{"token":"\#(served.refreshToken)","type":"t","url":"u"}]"#
    #expect(try report(served, body, signed: body + " ").status == 401)
    #expect(try report(served, body, by: "other").status == 401)
    #expect(try report(served, body, as: "unknown").status == 401)
    #expect(try served.ask("POST", "/leaks", body: body).status == 401)
    for wrong in ["{}", "[1]", "[{}]", "nothing", ""] { #expect(try report(served, wrong).status == 400, "\(wrong)") }
    #expect(try served.ask("GET", "/v1/accessToken", served.kaizalaHeaders).status == 200)
  }

  @Test("Without keys nobody reports, and what is no key is refused") func withoutKeys() async throws {
    let served = try await ServedLedger()
    #expect(try served.ask("POST", "/leaks", body: "[]").status == 404)
    _ = try makeKey("scanner")
    let result = try runProgram(
      ["serve", "--ledger", served.path, "--listen", "127.0.0.1:0"],
      environment: ["CREDLEDGER_SERVE_LEAKS_KEYS=scanner=\(folder.path)/scanner"])
    #expect(result.status != 0)
  }
}
