import CredentialLedger
import Testing

/// What standard clients send that is not in the way of the other tests, and what they stumble over in answers.
@Suite struct ClientQuirkTests {
  private static let endpoints = ["/oauth2/token", "/oauth2/introspect", "/oauth2/revoke"]

  @Test("A body may come in chunks, or not at all, and HEAD has none in its answer") func bodyMay() async throws {
    let served = try await ServedLedger()
    let form = "grant_type=refresh_token&refresh_token=\(served.refreshToken)"
    let connection = try Connection(port: served.port)
    connection.send(
      "POST /oauth2/token HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\(served.basic)\r\nTransfer-Encoding: chunked\r\n\r\n"
    )
    for piece in [form.prefix(20), form.dropFirst(20)] {
      connection.send("\(String(piece.utf8.count, radix: 16))\r\n\(piece)\r\n")
    }
    connection.send("0\r\n\r\n")
    let chunked = Answer(connection.readAll())
    #expect(chunked.status == 200 && chunked["access_token"]?.hasPrefix("cla_") == true, "\(chunked.text)")
    for path in Self.endpoints {
      let empty = try served.ask("POST", path, [served.basic, "Content-Length: 0"])
      #expect(empty.status == 400 && empty["error"] == "invalid_request", "\(path): \(empty.text)")
      let head = try served.ask("HEAD", path)
      #expect(head.status == 405 && head.body == "", "\(path): \(head.text)")
    }
    #expect(try served.ask("HEAD", "/nowhere").body == "" && served.ask("HEAD", "/check").body == "")
    let metadata = try served.ask("HEAD", "/.well-known/oauth-authorization-server")
    #expect(metadata.status == 200 && metadata.body == "")
  }

  @Test("No answer about tokens is kept by anybody on the way, whether it is good or an error") func answerAbout()
    async throws
  {
    let served = try await ServedLedger()
    for path in Self.endpoints {
      for headers in [[served.basic], []] {
        for form in ["token=x&grant_type=refresh_token&refresh_token=\(served.refreshToken)", ""] {
          let answer = try served.post(path, headers, form: form)
          #expect(answer.header("cache-control") == "no-store", "\(path) \(answer.status)")
          #expect(answer.header("pragma") == "no-cache", "\(path) \(answer.status)")
        }
      }
    }
  }

  @Test("Browsers may call all but the page for consent, asking first without credentials") func browsersMay()
    async throws
  {
    let served = try await ServedLedger()
    let asked = [
      "Origin: https://app.example.org", "Access-Control-Request-Method: POST",
      "Access-Control-Request-Headers: authorization,content-type",
    ]
    let open = Self.endpoints + ["/.well-known/oauth-authorization-server", "/.well-known/jwks.json"]
    for path in open {
      let preflight = try served.ask("OPTIONS", path, asked)
      #expect((200...204).contains(preflight.status), "\(path): \(preflight.text)")
      #expect(preflight.header("access-control-allow-origin") == "*", "\(path)")
      #expect(
        preflight.header("access-control-allow-headers")?.lowercased().contains("authorization") == true, "\(path)")
      #expect(preflight.header("access-control-allow-credentials") == nil, "\(path)")
    }
    // The answer itself too, also where it is an error: a program must be able to read what is wrong.
    let refused = try served.post("/oauth2/token", ["Origin: https://app.example.org"], form: "grant_type=x")
    #expect(refused.header("access-control-allow-origin") == "*", "\(refused.text)")
    for method in ["OPTIONS", "GET"] {
      let page = try served.ask(method, "/oauth2/authorize?client_id=\(served.connector)", asked)
      #expect(page.header("access-control-allow-origin") == nil, "\(method)")
    }
  }

  @Test("A token in the query, or two that differ, open nothing on any route") func tokenQuery() async throws {
    let people = try await PlatformPeople()
    let (admin, member) = (people.tokens["admin"] ?? "", people.tokens["member"] ?? "")
    let path = "/v1/groups"
    #expect(
      try people.served.ask("GET", path, ["accessToken: \(admin)", "Authorization: bearer \(admin)"]).status == 200)
    let both = try people.served.ask("GET", path, ["accessToken: \(admin)", "Authorization: Bearer \(member)"])
    #expect([400, 401].contains(both.status), "\(both.text)")
    let query = try people.served.ask("GET", "\(path)?access_token=\(admin)")
    #expect(query.status == 401 && query.header("www-authenticate")?.hasPrefix("Bearer") == true, "\(query.text)")
    people.served.end()
    #expect(!people.served.log.contains(admin))
  }

  @Test("The REST API tells a client without a good token where to learn how to get one") func whereLearned()
    async throws
  {
    let served = try await ServedLedger()
    let metadata = "resource_metadata=\"\(served.origin)/.well-known/oauth-protected-resource\""
    for headers: [String] in [[], ["accessToken: cla_unknown"], ["Authorization: Bearer cla_unknown"]] {
      for path in ["/v1/groups", "/groups"] {
        let answer = try served.ask("GET", path, headers)
        let challenge = answer.header("www-authenticate")
        #expect(
          answer.status == 401
            && challenge == "Bearer realm=\"credledger\", error=\"invalid_token\", \(metadata)", "\(answer.text)")
      }
    }
  }
}
