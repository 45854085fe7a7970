import CredentialLedger
import HTTPSupport
import TestSupport
import Testing

/// Resource servers, tokens of a connector's own, resource indicators, pushed requests and proofs of keys, against a server
/// process.
@Suite struct AccessConditionTests {
  private static let root = #filePath.split(separator: "/", omittingEmptySubsequences: false).dropLast(3)
    .joined(separator: "/")
  private static let packages = root + "/.build/python-clients"

  /// A server with a resource server, and the header by which that authenticates.
  private struct Guarded {
    let served: ServedLedger
    let server: String
    static let audience = "https://archive.example.org"
  }

  private static func served(
    _ options: [String] = [], audience: String? = Guarded.audience, connector: ConnectorChanges = .init()
  ) async throws -> Guarded {
    let served = try await ServedLedger()
    served.end()
    let ledger = try await Ledger.open(at: served.path, LedgerConfiguration())
    let (server, secret) = try await ledger.resourceServers.create(
      name: "Archive", audience: audience, by: Requester.operator)
    _ = try await ledger.resourceServers.create(name: "Other", audience: "urn:other", by: Requester.operator)
    let known = try ledger.connectors.connector(publicID: try #require(PublicID(served.connector)))
    try await ledger.connectors.update(
      try #require(known).id, allowsOwnTokens: connector.own, isDPoPBound: connector.bound, by: Requester.operator)
    await ledger.close()
    try served.start(options)
    return Guarded(served: served, server: ServedLedger.basic(server.publicID.description, secret.text))
  }

  private struct ConnectorChanges {
    var own: Bool?
    var bound: Bool?
  }

  // MARK: Introspection

  @Test("A resource server hears of every token, with whom it acts for and what it opens") func resourceServer()
    async throws
  {
    let guarded = try await Self.served()
    let served = guarded.served
    let token = try #require(try served.ask("GET", "/v1/accessToken", served.kaizalaHeaders)["accessToken"])
    let answer = try served.post("/oauth2/introspect", [guarded.server], form: "token=\(token)")
    #expect(answer.status == 200, "\(answer.body)")
    #expect(answer.json?["active"] == .bool(true))
    #expect(answer["client_id"] == served.connector && answer["iss"] == served.origin)
    #expect(answer["token_type"] == "Bearer" && answer["group_id"] == served.group)
    #expect(answer["sub"]?.hasPrefix("account:") == true && answer["jti"]?.hasPrefix("token:") == true)
    #expect(answer.json?["aud"] == nil && answer.json?["cnf"] == nil)
    #expect(
      try served.post("/oauth2/introspect", [guarded.server], form: "token=\(served.refreshToken)")["active"] == "true")
    #expect(try served.post("/oauth2/introspect", [guarded.server], form: "token=x").body == #"{"active":false}"#)
    let id = String(
      Base64.decode(guarded.server.dropFirst(21)).map { String(decoding: $0, as: UTF8.self) }?.prefix(36) ?? "")
    let wrong = ServedLedger.basic(id, served.secret)
    #expect(try served.post("/oauth2/introspect", [wrong], form: "token=\(token)").status == 401)
    // It gets no tokens itself, and revokes what it is shown.
    #expect(
      try served.post(
        "/oauth2/token", [guarded.server], form: "grant_type=refresh_token&refresh_token=\(served.refreshToken)")[
          "error"]
        == "invalid_client")
    #expect(try served.post("/oauth2/revoke", [guarded.server], form: "token=\(token)").status == 200)
    #expect(
      try served.post("/oauth2/introspect", [guarded.server], form: "token=\(token)").body == #"{"active":false}"#)
  }

  // MARK: A connector's own access

  @Test("A connector gets a token of its own where that is allowed, without a refresh token") func connectorGets()
    async throws
  {
    let guarded = try await Self.served(connector: .init(own: true))
    let served = guarded.served
    let answer = try served.post(
      "/oauth2/token", [served.basic], form: "grant_type=client_credentials&scope=groupinfo.read")
    #expect(answer.status == 200, "\(answer.body)")
    #expect(answer["scope"] == "groupinfo.read" && answer["refresh_token"] == nil && answer["token_type"] == "Bearer")
    let token = try #require(answer["access_token"])
    let known = try served.post("/oauth2/introspect", [served.basic], form: "token=\(token)")
    #expect(known["sub"] == served.connector && known["group_id"] == nil && known["scope"] == "groupinfo.read")
    let checked = try served.ask("GET", "/check", ["Authorization: Bearer \(token)"])
    #expect(checked.status == 200 && checked.header("x-connector") == served.connector)
    // It is there all the same, in place of one that a gateway's client sends.
    #expect(checked.header("x-group") == "")
    for (headers, form, error) in [
      ([served.basic], "&scope=media.read", "invalid_scope"), ([served.basic], "&scope=nonsense", "invalid_scope"),
      ([ServedLedger.basic(served.otherConnector, served.otherSecret)], "", "unauthorized_client"),
      ([ServedLedger.basic(served.connector, "wrong")], "", "invalid_client"),
    ] {
      let refused = try served.post("/oauth2/token", headers, form: "grant_type=client_credentials" + form)
      #expect(refused["error"] == error, "\(refused.body)")
      #expect(refused.status == (error == "invalid_client" ? 401 : 400))
    }
    #expect(
      try served.ask("GET", "/.well-known/oauth-authorization-server").body.contains(#""client_credentials""#))
  }

  // MARK: Resource indicators

  @Test("A token that is for one resource server is good there and nowhere else") func tokenResource() async throws {
    let guarded = try await Self.served()
    let served = guarded.served
    func token(_ resources: String...) throws -> Answer {
      let form = resources.map { "&resource=" + PercentEncoding.encode($0) }.joined()
      return try served.post(
        "/oauth2/token", [served.basic], form: "grant_type=refresh_token&refresh_token=\(served.refreshToken)" + form)
    }
    let archive = try #require(try token(Guarded.audience)["access_token"])
    let seen = try served.post("/oauth2/introspect", [guarded.server], form: "token=\(archive)")
    #expect(seen.json?["aud"] == .array([.string(Guarded.audience)]))
    #expect(try served.ask("GET", "/check", ["accessToken: \(archive)"]).status == 401)
    let resource = PercentEncoding.encode(Guarded.audience)
    #expect(try served.ask("GET", "/check?resource=\(resource)", ["accessToken: \(archive)"]).status == 200)
    #expect(try served.ask("GET", "/check?resource=urn:other", ["accessToken: \(archive)"]).status == 401)
    #expect(try served.ask("GET", "/check?resource=urn:unknown", ["accessToken: \(archive)"]).status == 401)
    // Below the path the query is of the gateway's client, who must not choose.
    for path in ["/check/?", "/check/page?x=y&", "//Check/a?"] {
      let target = "\(path)resource=\(resource)"
      #expect(try served.ask("GET", target, ["accessToken: \(archive)"]).status == 401, "\(target)")
    }
    let other = try #require(try token("urn:other", served.origin)["access_token"])
    #expect(
      try served.post("/oauth2/introspect", [guarded.server], form: "token=\(other)").body == #"{"active":false}"#)
    #expect(try served.ask("GET", "/check", ["accessToken: \(other)"]).status == 200)
    let free = try #require(try token()["access_token"])
    #expect(try served.ask("GET", "/check", ["accessToken: \(free)"]).status == 200)
    #expect(try served.ask("GET", "/check?resource=\(resource)", ["accessToken: \(free)"]).status == 200)
    for wrong in ["urn:unknown", "", "https://archive.example.org/"] where !wrong.isEmpty {
      #expect(try token(wrong)["error"] == "invalid_target")
    }
    #expect(try token("urn:other", served.origin, Guarded.audience, "urn:other")["error"] == "invalid_target")
    let metadata = try served.ask("GET", "/.well-known/oauth-protected-resource")
    #expect(metadata["resource"] == served.origin)
    #expect(metadata.json?["authorization_servers"] == .array([.string(served.origin)]))
    let challenge = try served.ask("GET", "/check").header("www-authenticate")
    #expect(
      challenge?.contains("resource_metadata=\"\(served.origin)/.well-known/oauth-protected-resource\"") == true)
  }

  @Test("A resource server without an address hears of all tokens, and what they are for") func resourceServerWithout()
    async throws
  {
    let guarded = try await Self.served(audience: nil)
    let served = guarded.served
    let token = try #require(
      try served.post(
        "/oauth2/token", [served.basic],
        form: "grant_type=refresh_token&refresh_token=\(served.refreshToken)&resource=urn:other")["access_token"])
    let seen = try served.post("/oauth2/introspect", [guarded.server], form: "token=\(token)")
    #expect(seen.json?["aud"] == .array([.string("urn:other")]))
  }

  @Test("A resource server hears of a refresh token unless its access is restricted to others")
  func resourceServerHears() async throws {
    let guarded = try await Self.served(["--development"])
    let served = guarded.served
    for (resource, isKnown) in [(Guarded.audience, true), ("urn:other", false)] {
      let answer = "client_id=\(served.connector)&account=2&resource=\(PercentEncoding.encode(resource))"
      let location = try served.post("/oauth2/authorize", form: answer).header("location") ?? ""
      let code = location.split(separator: "code=").dropFirst().first?.prefix { $0 != "&" } ?? ""
      let tokens = try served.post("/oauth2/token", [served.basic], form: "grant_type=authorization_code&code=\(code)")
      let refresh = try #require(tokens["refresh_token"], "\(location) \(tokens.body)")
      let seen = try served.post("/oauth2/introspect", [guarded.server], form: "token=\(refresh)")
      #expect(seen.json?["active"] == .bool(isKnown), "\(seen.body)")
      let own = try served.post("/oauth2/introspect", [served.basic], form: "token=\(refresh)")
      #expect(own.json?["aud"] == .array([.string(resource)]), "\(own.body)")
    }
  }

  // MARK: Pushed requests

  @Test("A request that was pushed is taken once, by its client, and leads to a code") func requestPushed() async throws
  {
    let guarded = try await Self.served(["--development"])
    let served = guarded.served
    let redirect = PercentEncoding.encode(ServedLedger.redirectURI)
    let form = "response_type=code&redirect_uri=\(redirect)&state=s%3D1&resource=urn:other"
    let pushed = try served.post("/oauth2/par", [served.basic], form: form)
    #expect(pushed.status == 201 && pushed["expires_in"] == "60", "\(pushed.body)")
    #expect(pushed.header("cache-control") == "no-store")
    let uri = try #require(pushed["request_uri"])
    #expect(uri.hasPrefix("urn:ietf:params:oauth:request_uri:"))
    let query = "request_uri=\(PercentEncoding.encode(uri))&client_id="
    // Another client's stays where it is.
    #expect(try served.ask("GET", "/oauth2/authorize?\(query)\(served.otherConnector)").status == 400)
    let page = try served.ask("GET", "/oauth2/authorize?\(query)\(served.connector)")
    #expect(page.status == 200 && page.body.contains(#"name="resource" value="urn:other""#))
    #expect(page.body.contains(#"name="state" value="s=1""#) && !page.body.contains(served.secret))
    #expect(try served.ask("GET", "/oauth2/authorize?\(query)\(served.connector)").status == 400)
    for (headers, form, error) in [
      ([served.basic], form + "&request_uri=x", "invalid_request"), ([], form, "invalid_client"),
      ([served.basic], "response_type=token&redirect_uri=\(redirect)", "invalid_request"),
      ([served.basic], "response_type=code&redirect_uri=https://evil.example", "invalid_request"),
      ([served.basic], "redirect_uri=\(redirect)&resource=urn:unknown", "invalid_target"),
      ([served.basic], "redirect_uri=\(redirect)&dpop_jkt=x", "invalid_request"),
      // What is kept is small.
      ([served.basic], "redirect_uri=\(redirect)&state=" + String(repeating: "s", count: 4_097), "invalid_request"),
      ([served.basic], "redirect_uri=\(redirect)&more=" + String(repeating: "m", count: 32_768), "invalid_request"),
    ] {
      #expect(try served.post("/oauth2/par", headers, form: form)["error"] == error, "\(form)")
    }
    let metadata = try served.ask("GET", "/.well-known/oauth-authorization-server")
    #expect(metadata["pushed_authorization_request_endpoint"] == served.origin + "/oauth2/par")
  }

  @Test("A key that a pushed request proves is the one that its code needs") func keyPushed() async throws {
    let served = try await Self.served(["--development"]).served
    let url = served.origin + "/oauth2/par"
    let form = "response_type=code&redirect_uri=\(PercentEncoding.encode(ServedLedger.redirectURI))"
    let proof = try Self.proof(1, "POST", url, jti: "1")
    let pushed = try served.post("/oauth2/par", [served.basic, proof], form: form)
    let uri = PercentEncoding.encode(try #require(pushed["request_uri"], "\(pushed.body)"))
    let page = try served.ask("GET", "/oauth2/authorize?request_uri=\(uri)&client_id=\(served.connector)").body
    let key = try #require(page.split(separator: #"name="dpop_jkt" value=""#).dropFirst().first?.prefix { $0 != "\"" })
    #expect(key.utf8.count == 43)
    for (proof, more) in [
      (proof, ""), (try Self.proof(1, "POST", served.origin + "/oauth2/token", jti: "2"), ""),
      (try Self.proof(2, "POST", url, jti: "3"), "&dpop_jkt=\(key)"),
    ] {
      let refused = try served.post("/oauth2/par", [served.basic, proof], form: form + more)
      #expect(refused["error"] == "invalid_dpop_proof", "\(refused.body)")
    }
    let named = try Self.proof(1, "POST", url, jti: "4")
    #expect(try served.post("/oauth2/par", [served.basic, named], form: form + "&dpop_jkt=\(key)").status == 201)
  }

  // MARK: Proofs of keys

  private static func proof(
    _ seed: UInt8, _ method: String, _ url: String, jti: String, token: String? = nil, nonce: String? = nil
  ) throws -> String {
    var bytes = [UInt8](repeating: seed, count: 32)
    let key = try Ed25519.SigningKey(seed: Secret(wiping: &bytes))
    let x = Base64URL.encode(key.verifyingKey.bytes)
    let header = #"{"typ":"dpop+jwt","alg":"EdDSA","jwk":{"kty":"OKP","crv":"Ed25519","x":"\#(x)"}}"#
    let ath = token.map { #","ath":"\#(Base64URL.encode(SHA256.hash(Array($0.utf8)).bytes))""# } ?? ""
    let more = nonce.map { #","nonce":"\#($0)""# } ?? ""
    let now = LedgerConfiguration.systemClock() / 1_000
    let payload = #"{"jti":"\#(jti)","htm":"\#(method)","htu":"\#(url)","iat":\#(now)\#(ath)\#(more)}"#
    let signed = Base64URL.encode(Array(header.utf8)) + "." + Base64URL.encode(Array(payload.utf8))
    return "DPoP: \(signed).\(Base64URL.encode(try key.sign(Array(signed.utf8))))"
  }

  @Test(
    "Authlib gets a connector's own token, and proofs by joserfc with P-256 are taken",
    .enabled(if: TemporaryFolder.names(in: packages) != nil, "Tools/test has not installed the Python clients"))
  func authlibGets() async throws {
    let guarded = try await Self.served(connector: .init(own: true))
    let served = guarded.served
    let server = Base64.decode(guarded.server.dropFirst("Authorization: Basic ".count)) ?? []
    let parts = String(decoding: server, as: UTF8.self).split(separator: ":").map(String.init)
    let result = try runProgram(
      [served.origin, served.connector, served.secret, served.refreshToken] + parts,
      of: Self.root + "/Tests/Python/access_conditions.py", environment: ["PYTHONPATH=\(Self.packages)"])
    #expect(result.status == 0, "\(result.output)\(result.error)\(served.log)")
  }

  @Test("A connector that asks for it gets tokens that open nothing without its key") func connectorAsks() async throws
  {
    let guarded = try await Self.served(connector: .init(bound: true))
    let served = guarded.served
    let form = "grant_type=refresh_token&refresh_token=\(served.refreshToken)"
    let url = served.origin + "/oauth2/token"
    #expect(try served.post("/oauth2/token", [served.basic], form: form)["error"] == "invalid_dpop_proof")
    #expect(try served.ask("GET", "/v1/accessToken", served.kaizalaHeaders).status == 400)
    let first = try Self.proof(1, "POST", url, jti: "1")
    let answer = try served.post("/oauth2/token", [served.basic, first], form: form)
    #expect(answer.status == 200 && answer["token_type"] == "DPoP", "\(answer.body)")
    // The same proof a second time.
    #expect(try served.post("/oauth2/token", [served.basic, first], form: form)["error"] == "invalid_dpop_proof")
    let token = try #require(answer["access_token"])
    let seen = try served.post("/oauth2/introspect", [guarded.server], form: "token=\(token)")
    #expect(seen["token_type"] == "DPoP" && seen.json?["cnf"]?["jkt"]?.text?.utf8.count == 43)
    let check = served.origin + "/page"
    let good = try served.ask(
      "GET", "/check/page", ["Authorization: DPoP \(token)", Self.proof(1, "GET", check, jti: "2", token: token)])
    #expect(good.status == 200, "\(good.body)")
    let forwarded = try served.ask(
      "GET", "/check",
      [
        "Authorization: DPoP \(token)", "X-Forwarded-Proto: https", "X-Forwarded-Host: www.example.org",
        "X-Forwarded-Uri: /page?x=y", "X-Forwarded-Method: PUT",
        Self.proof(1, "PUT", "https://www.example.org/page", jti: "3", token: token),
      ])
    #expect(forwarded.status == 200, "\(forwarded.body)")
    for (number, headers) in [
      ["Authorization: Bearer \(token)"], ["accessToken: \(token)"], ["Authorization: DPoP \(token)"],
      ["Authorization: DPoP \(token)", try Self.proof(2, "GET", check, jti: "4", token: token)],
      ["Authorization: DPoP \(token)", try Self.proof(1, "GET", check, jti: "2", token: token)],
      ["Authorization: DPoP \(token)", try Self.proof(1, "GET", check, jti: "5")],
      ["Authorization: DPoP \(token)", try Self.proof(1, "GET", served.origin + "/other", jti: "6", token: token)],
    ].enumerated() {
      let refused = try served.ask("GET", "/check/page", headers)
      #expect(refused.status == 401, "\(number): \(refused.body)")
      #expect(refused.header("www-authenticate")?.hasPrefix("DPoP") == true, "\(number)")
    }
    // A proof is used up by a good token alone, so that strangers fill no memory with their own; then it is, on both ways.
    for path in ["/check/page", "/v1/groups"] {
      let asked = path == "/check/page" ? check : served.origin + path
      let stranger = try Self.proof(2, "GET", asked, jti: "8" + path, token: "cla_stranger")
      for _ in 0..<2 {
        let refused = try served.ask("GET", path, ["Authorization: DPoP cla_stranger", stranger])
        #expect(refused.status == 401, "\(refused.body)")
        #expect(refused.header("www-authenticate")?.contains("invalid_token") == true, "\(refused.text)")
      }
      let once = try Self.proof(1, "GET", asked, jti: "9" + path, token: token)
      let statuses = try (0..<2).map { _ in
        try served.ask("GET", path, ["Authorization: DPoP \(token)", once]).status
      }
      #expect(statuses == [200, 401])
    }
    // The REST API asks in the same way.
    for headers in [["Authorization: Bearer \(token)"], ["Authorization: DPoP \(token)"]] {
      let refused = try served.ask("GET", "/v1/groups", headers)
      #expect(refused.status == 401 && refused.header("www-authenticate")?.hasPrefix("DPoP") == true)
    }
    let groups = try served.ask(
      "GET", "/v1/groups",
      ["Authorization: DPoP \(token)", Self.proof(1, "GET", served.origin + "/v1/groups", jti: "7", token: token)])
    #expect(groups.status == 200, "\(groups.body)")
    #expect(!served.log.contains(token))
  }

  @Test("A proof is for the request that a gateway tells of, whatever address its client names") func proofRequest()
    async throws
  {
    let served = try await Self.served(connector: .init(bound: true)).served
    let answer = try served.post(
      "/oauth2/token", [served.basic, Self.proof(1, "POST", served.origin + "/oauth2/token", jti: "token")],
      form: "grant_type=refresh_token&refresh_token=\(served.refreshToken)")
    let token = try #require(answer["access_token"], "\(answer.body)")
    let authorized = "Authorization: DPoP \(token)"
    let site = "https://www.example.org"
    let forwarded: [(method: String, path: String, headers: [String], status: Int)] = [
      ("PUT", "/page", [], 200), ("GET", "/page", [], 401), ("PUT", "/other", [], 401),
      ("PUT", "/page", ["X-Original-URL: \(site)/page?x=y", "X-Original-Method: PUT"], 200),
      ("PUT", "/other", ["X-Original-URL: \(site)/other"], 401),
      ("GET", "/page", ["X-Original-Method: GET"], 401), ("PUT", "/page", ["X-Original-URI: /other"], 401),
    ]
    for gateway in ForwardingGateway.allCases {
      for (number, asked) in forwarded.enumerated() {
        let proof = try Self.proof(1, asked.method, site + asked.path, jti: "\(gateway) \(number)", token: token)
        let checked = try gateway.ask(served, [authorized, proof] + asked.headers)
        #expect(checked.status == asked.status, "\(gateway), \(number): \(checked.text)")
        #expect(checked.status == 200 || checked.header("www-authenticate")?.hasPrefix("DPoP") == true)
      }
    }
    // A gateway that tells the path alone, whose client names another.
    let page = "X-Original-URI: /page"
    let told: [(path: String, headers: [String], status: Int)] = [
      ("/page", [page], 200), ("/other", [page], 401), ("/other", [page, "X-Forwarded-Uri: /other"], 401),
      ("/other/page", [page, "X-Original-URL: \(served.origin)/other/page"], 401),
    ]
    for (number, asked) in told.enumerated() {
      let proof = try Self.proof(1, "GET", served.origin + asked.path, jti: "path \(number)", token: token)
      #expect(try served.ask("GET", "/check", [authorized, proof] + asked.headers).status == asked.status, "\(number)")
    }
  }

  @Test("Where nonces are asked for, a proof is taken with one of this server alone") func noncesAsked() async throws {
    let guarded = try await Self.served(connector: .init(bound: true))
    let served = guarded.served
    served.end()
    try served.start(environment: ["CREDLEDGER_SERVE_OAUTH_DPOP_NONCE=true"])
    let form = "grant_type=refresh_token&refresh_token=\(served.refreshToken)"
    let url = served.origin + "/oauth2/token"
    let refused = try served.post("/oauth2/token", [served.basic, Self.proof(1, "POST", url, jti: "1")], form: form)
    #expect(refused.status == 400 && refused["error"] == "use_dpop_nonce", "\(refused.body)")
    let nonce = try #require(refused.header("dpop-nonce"))
    let wrong = try Self.proof(1, "POST", url, jti: "2", nonce: String(nonce.reversed()))
    #expect(try served.post("/oauth2/token", [served.basic, wrong], form: form)["error"] == "use_dpop_nonce")
    let answer = try served.post(
      "/oauth2/token", [served.basic, Self.proof(1, "POST", url, jti: "3", nonce: nonce)], form: form)
    let token = try #require(answer["access_token"], "\(answer.body)")
    for (path, address) in [("/check/page", "/page"), ("/v1/groups", "/v1/groups")] {
      let asked = served.origin + address
      let without = try served.ask(
        "GET", path, ["Authorization: DPoP \(token)", Self.proof(1, "GET", asked, jti: "4" + path, token: token)])
      #expect(without.status == 401)
      #expect(without.header("www-authenticate")?.contains(#"error="use_dpop_nonce""#) == true)
      let given = try #require(without.header("dpop-nonce"))
      let good = try served.ask(
        "GET", path,
        ["Authorization: DPoP \(token)", Self.proof(1, "GET", asked, jti: "5" + path, token: token, nonce: given)])
      #expect(good.status == 200, "\(good.body)")
    }
  }
}
