import CredentialLedger
import HTTPSupport
import LedgerOperations
import TestSupport
import Testing

/// Signed access tokens (RFC 9068), against a server process; verified by joserfc.
@Suite struct SignedTokenTests {
  private static let root = #filePath.split(separator: "/", omittingEmptySubsequences: false).dropLast(3)
    .joined(separator: "/")
  private static let packages = root + "/.build/python-clients"

  private func served() async throws -> ServedLedger {
    let served = try await ServedLedger()
    served.end()
    try await change(served) { ledger in
      let known = try ledger.connectors.connector(publicID: try #require(PublicID(served.connector)))
      try await ledger.connectors.update(try #require(known).id, hasSignedTokens: true, by: Requester.operator)
    }
    return served
  }

  /// Changes the ledger while no server has it, and starts one.
  private func change(_ served: ServedLedger, _ body: (Ledger) async throws -> Void) async throws {
    let ledger = try await Ledger.open(at: served.path, LedgerConfiguration())
    try await body(ledger)
    await ledger.close()
    try served.start(["--public-url", "https://tokens.example.org"])
  }

  private func token(_ served: ServedLedger) throws -> String {
    let answer = try served.post(
      "/oauth2/token", [served.basic], form: "grant_type=refresh_token&refresh_token=\(served.refreshToken)")
    return try #require(answer["access_token"], "\(answer.body)")
  }

  @Test("A signed token is good as any other, and stops as any other") func signedToken() async throws {
    let served = try await served()
    let token = try token(served)
    let parts = token.split(separator: ".")
    #expect(parts.count == 3 && token.hasPrefix("eyJ"))
    let payload = try JSONParser.parse(try #require(Base64URL.decode(parts[1])))
    #expect(payload["iss"]?.text == "https://tokens.example.org" && payload["client_id"]?.text == served.connector)
    #expect(payload["aud"] == .array([.string("https://tokens.example.org")]))
    #expect(try served.ask("GET", "/check", ["Authorization: Bearer \(token)"]).header("x-group") == served.group)
    let seen = try served.post("/oauth2/introspect", [served.basic], form: "token=\(token)")
    #expect(seen["jti"] == payload["jti"]?.text && seen["exp"] == payload["exp"]?.text)
    let kaizala = try #require(try served.ask("GET", "/v1/accessToken", served.kaizalaHeaders)["accessToken"])
    #expect(try served.ask("GET", "/check", ["accessToken: \(kaizala)"]).status == 200)
    // Nothing of it may be changed: neither what it says nor who signed it.
    let other = kaizala.split(separator: ".")
    for changed in [
      "\(parts[0]).\(other[1]).\(parts[2])", "\(parts[0]).\(parts[1]).\(other[2])", "\(parts[0]).\(parts[1]).",
      Base64URL.encode(Array(#"{"typ":"at+jwt","alg":"none"}"#.utf8)) + ".\(parts[1]).", "\(parts[0]).\(parts[1])",
    ] {
      #expect(try served.ask("GET", "/check", ["Authorization: Bearer \(changed)"]).status == 401, "\(changed)")
    }
    #expect(try served.post("/oauth2/revoke", [served.basic], form: "token=\(token)").status == 200)
    #expect(try served.ask("GET", "/check", ["Authorization: Bearer \(token)"]).status == 401)
    #expect(try served.post("/oauth2/introspect", [served.basic], form: "token=\(token)").body == #"{"active":false}"#)
    #expect(try served.ask("GET", "/check", ["accessToken: \(kaizala)"]).status == 200)
    #expect(!served.log.contains(token))
  }

  @Test("Keys are rotated with an overlap, and dropped with what they signed") func keysRotated() async throws {
    let served = try await served()
    let before = try token(served)
    func keys() throws -> [String] {
      guard case .array(let keys)? = try served.ask("GET", "/.well-known/jwks.json").json?["keys"] else { return [] }
      return keys.compactMap { $0["kid"]?.text }
    }
    let first = try keys()
    #expect(first.count == 1)
    served.end()
    try await change(served) { try await $0.keys.rotate(.tokenSigning, overlap: .seconds(3_600)) }
    #expect(try keys().count == 2 && keys().last == first.first)
    #expect(try served.ask("GET", "/check", ["Authorization: Bearer \(before)"]).status == 200)
    let after = try token(served)
    #expect(after.split(separator: ".")[0] != before.split(separator: ".")[0])
    served.end()
    try await change(served) { try await $0.keys.drop(.tokenSigning) }
    #expect(try keys().count == 1 && keys() != first)
    #expect(try served.ask("GET", "/check", ["Authorization: Bearer \(before)"]).status == 401)
    #expect(try served.ask("GET", "/check", ["Authorization: Bearer \(after)"]).status == 200)
  }

  @Test(
    "joserfc verifies a signed token by the published keys",
    .enabled(if: TemporaryFolder.names(in: packages) != nil, "Tools/test has not installed the Python clients"))
  func joserfcVerifies() async throws {
    let served = try await served()
    let program = """
      import sys, requests
      from joserfc import jwt
      from joserfc.jwk import KeySet
      origin, token, client = sys.argv[1:]
      metadata = requests.get(origin + "/.well-known/oauth-authorization-server").json()
      assert metadata["jwks_uri"].endswith("/.well-known/jwks.json"), metadata
      keys = KeySet.import_key_set(requests.get(origin + "/.well-known/jwks.json").json())
      found = jwt.decode(token, keys, algorithms=["ES256"])
      assert found.header["typ"] == "at+jwt", found.header
      registry = jwt.JWTClaimsRegistry(
          iss={"essential": True, "value": "https://tokens.example.org"}, exp={"essential": True}, iat={"essential": True},
          aud={"essential": True, "value": "https://tokens.example.org"}, sub={"essential": True}, jti={"essential": True},
          client_id={"essential": True, "value": client})
      registry.validate(found.claims)
      """
    let result = try runProgram(
      ["python3", "-c", program, served.origin, token(served), served.connector], of: "/usr/bin/env",
      environment: ["PYTHONPATH=\(Self.packages)"])
    #expect(result.status == 0, "\(result.output)\(result.error)")
  }
}
