import CredentialLedger
import HTTPSupport
import TestSupport
import Testing

/// Token Status Lists for those who verify signed tokens without a call, against a server process; read by Python's zlib.
@Suite struct StatusListTests {
  private static let root = #filePath.split(separator: "/", omittingEmptySubsequences: false).dropLast(3)
    .joined(separator: "/")
  private static let packages = root + "/.build/python-clients"

  private func served() async throws -> ServedLedger {
    let served = try await ServedLedger()
    #expect(
      try runProgram(["connector", "update", served.connector, "--signed-tokens", "--ledger", served.path]).status == 0)
    return served
  }

  private func token(_ served: ServedLedger) throws -> (text: String, status: JSONValue) {
    let answer = try served.post(
      "/oauth2/token", [served.basic], form: "grant_type=refresh_token&refresh_token=\(served.refreshToken)")
    let text = try #require(answer["access_token"], "\(answer.body)")
    let payload = try JSONParser.parse(try #require(Base64URL.decode(text.split(separator: ".")[1])))
    return (text, try #require(payload["status"]?["status_list"]))
  }

  /// The bits of a list at some places, as a program in Python reads them.
  private func bits(_ list: String, at places: [String]) throws -> [String] {
    let program = """
      import base64, json, sys, zlib
      payload = sys.argv[1].split(".")[1]
      claims = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
      text = claims["status_list"]["lst"]
      raw = zlib.decompress(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
      assert len(raw) == 131072, len(raw)
      assert sum(bin(byte).count("1") for byte in raw) <= len(sys.argv), "bits of others are set"
      print(" ".join(str(raw[int(place) // 8] >> int(place) % 8 & 1) for place in sys.argv[2:]))
      """
    let result = try runProgram(["python3", "-c", program, list] + places, of: "/usr/bin/env")
    #expect(result.status == 0, "\(result.error)")
    return result.output.split { $0 == " " || $0 == "\n" }.map(String.init)
  }

  @Test("A revoked token is set in the list that it names, and a good one is not") func revokedToken() async throws {
    let served = try await served()
    let tokens = try (0..<3).map { _ in try token(served) }
    let places = tokens.compactMap { $0.status["idx"]?.text }
    #expect(places.count == 3)
    #expect(tokens.allSatisfy { $0.status["uri"]?.text == served.origin + "/oauth2/status-lists/0" })
    #expect(try served.post("/oauth2/revoke", [served.basic], form: "token=\(tokens[1].text)").status == 200)
    let answer = try served.ask("GET", "/oauth2/status-lists/0")
    #expect(answer.status == 200 && answer.header("content-type") == "application/statuslist+jwt")
    #expect(answer.header("cache-control") == "max-age=60")
    #expect(try bits(answer.body, at: places) == ["0", "1", "0"])
    let parts = answer.body.split(separator: ".")
    let header = try JSONParser.parse(try #require(Base64URL.decode(parts[0])))
    let claims = try JSONParser.parse(try #require(Base64URL.decode(parts[1])))
    #expect(header["typ"]?.text == "statuslist+jwt" && header["alg"]?.text == "ES256")
    #expect(claims["sub"]?.text == served.origin + "/oauth2/status-lists/0" && claims["ttl"]?.text == "60")
    #expect(claims["status_list"]?["bits"]?.text == "1")
    let (issued, expires) = (claims["iat"]?.wholeNumber ?? 0, claims["exp"]?.wholeNumber ?? 0)
    #expect(issued > 1_700_000_000 && expires == issued + 300)
    // It is signed by the key that tokens are signed by, and is none.
    #expect(try served.ask("GET", "/check", ["Authorization: Bearer \(answer.body)"]).status == 401)
    let keys = try served.ask("GET", "/.well-known/jwks.json")
    #expect(keys.body.contains("\"kid\":\"\(header["kid"]?.text ?? "none")\""))
  }

  @Test("What a token stands on stops it in the list, within the time that is stated") func tokenStands() async throws {
    let served = try await served()
    let token = try token(served)
    let place = try #require(token.status["idx"]?.text)
    #expect(try bits(served.ask("GET", "/oauth2/status-lists/0").body, at: [place]) == ["0"])
    let disabled = try runProgram(["account", "disable", "2", "--reason", "x", "--ledger", served.path])
    #expect(disabled.status == 0, "\(disabled.error)")
    let stopped = LedgerConfiguration.systemClock() / 1_000
    let isStopped = try await Patience.wait {
      let asked = LedgerConfiguration.systemClock() / 1_000
      let list = try served.ask("GET", "/oauth2/status-lists/0").body
      let isSet = try bits(list, at: [place]) == ["1"]
      let claims = try JSONParser.parse(try #require(Base64URL.decode(list.split(separator: ".")[1])))
      let made = try #require(claims["iat"]?.wholeNumber)
      // What was made a moment ago is handed out for five seconds, not for the minute that clients may keep it; what is made
      // afterwards says so at once. Both by the server's own times, so that a busy machine changes nothing.
      #expect(made >= asked - 30)
      #expect(isSet || made <= stopped, "made at \(made), after \(stopped)")
      return isSet
    }
    #expect(isStopped)
  }

  @Test("Metadata name the lists, and there are no others") func metadataName() async throws {
    let served = try await served()
    let metadata = try served.ask("GET", "/.well-known/oauth-authorization-server")
    #expect(metadata["status_list_aggregation_endpoint"] == served.origin + "/oauth2/status-lists")
    let names = try served.ask("GET", "/oauth2/status-lists").json?["status_lists"]
    #expect(names == .array([.string(served.origin + "/oauth2/status-lists/0")]))
    for wrong in ["1", "00", "-1", "x", "18446744073709551616"] {
      #expect(try served.ask("GET", "/oauth2/status-lists/\(wrong)").status == 404, "\(wrong)")
    }
  }

  @Test(
    "joserfc verifies a list by the published keys",
    .enabled(if: TemporaryFolder.names(in: packages) != nil, "Tools/test has not installed the Python clients"))
  func joserfcVerifies() async throws {
    let served = try await served()
    let program = """
      import sys, requests
      from joserfc import jwt
      from joserfc.jwk import KeySet
      origin = sys.argv[1]
      keys = KeySet.import_key_set(requests.get(origin + "/.well-known/jwks.json").json())
      found = jwt.decode(requests.get(origin + "/oauth2/status-lists/0").text, keys, algorithms=["ES256"])
      assert found.header["typ"] == "statuslist+jwt", found.header
      """
    let result = try runProgram(
      ["python3", "-c", program, served.origin], of: "/usr/bin/env", environment: ["PYTHONPATH=\(Self.packages)"])
    #expect(result.status == 0, "\(result.output)\(result.error)")
  }

  @Test("Signed tokens are found in files, and stopped") func signedTokens() async throws {
    let served = try await served()
    let token = try token(served).text
    let text = "Authorization: Bearer \(token). And eyJhbGciOiJFUzI1NiJ9.e30.\(String(repeating: "A", count: 86))\n"
    let found = try runProgram(
      ["scan", "--revoke", "-", "--format", "json", "--ledger", served.path],
      input: String(repeating: " ", count: 9_000) + text)
    #expect(found.status == 1, "\(found.error)")
    #expect(
      found.output.contains("\"state\": \"revoked\"") && found.output.contains("\"column\": 9023"), "\(found.output)")
    #expect(!found.output.contains("eyJ"))
    #expect(try served.ask("GET", "/check", ["Authorization: Bearer \(token)"]).status == 401)
    // One that was changed is no token of the ledger.
    let changed = token.dropLast(4) + "AAAA"
    let none = try runProgram(["scan", "-", "--ledger", served.path], input: String(changed))
    #expect(none.status == 0, "\(none.output)")
  }
}
