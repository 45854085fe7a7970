import CredentialLedger
import Glibc
import TestSupport
import Testing

/// What gateways ask at each request.
@Suite struct CheckTests {
  private func token(_ served: ServedLedger) throws -> String {
    try #require(try served.ask("GET", "/v1/accessToken", served.kaizalaHeaders)["accessToken"])
  }

  @Test("Any method and path below is answered by the token alone, and no body is waited for") func anyMethod()
    async throws
  {
    let served = try await ServedLedger()
    let token = try token(served)
    for (method, path) in [
      ("GET", "/check"), ("POST", "/check/"), ("DELETE", "/check/v1/groups/x?y=z"), ("PROPFIND", "//Check/a"),
      ("OPTIONS", "/check"),
    ] {
      for header in ["accessToken: \(token)", "Authorization: bearer \(token)"] {
        // The head of a request whose body the gateway keeps.
        let connection = try Connection(port: served.port)
        connection.send("\(method) \(path) HTTP/1.1\r\nHost: a\r\nContent-Length: 99999999\r\n\(header)\r\n\r\n")
        let answer = Answer(connection.readAll())
        #expect(answer.status == 200, "\(method) \(path): \(answer.text)")
        #expect(answer.body == "")
        #expect(answer.header("x-connector") == served.connector)
        #expect(answer.header("x-group") == served.group)
        #expect(answer.header("x-scopes")?.contains("textmessage.read textmessage.write") == true)
      }
    }
    #expect(try served.ask("GET", "/checker", ["accessToken: \(token)"]).status == 404)
  }

  @Test("A connection goes on where no body was announced") func connectionGoes() async throws {
    let served = try await ServedLedger()
    let token = try token(served)
    let connection = try Connection(port: served.port)
    for _ in 0..<3 {
      connection.send("GET /check HTTP/1.1\r\nHost: a\r\naccessToken: \(token)\r\n\r\n")
      #expect(connection.read().hasPrefix("HTTP/1.1 200"))
    }
  }

  @Test("A bad token is 401 with a challenge, a missing scope is 403, and nothing else is answered") func badToken()
    async throws
  {
    let served = try await ServedLedger()
    let token = try token(served)
    let bearer = "Authorization: Bearer \(token)"
    for headers in [
      [], ["Authorization: Bearer wrong"], ["Authorization: Basic x"], ["accessToken:"],
      ["accessToken: \(served.refreshToken)"],
      [bearer, "accessToken: other"], [served.basic],
    ] {
      let answer = try served.ask("GET", "/check?access_token=\(token)", headers)
      #expect(answer.status == 401, "\(headers)")
      let metadata = "http://127.0.0.1:\(served.port)/.well-known/oauth-protected-resource"
      #expect(
        answer.header("www-authenticate")
          == #"Bearer realm="credledger", error="invalid_token", resource_metadata="\#(metadata)""#)
    }
    for (query, status) in [
      ("scope=textmessage.read", 200), ("scope=textmessage.read+groupinfo.read", 200),
      ("scope=textmessage.read,groupinfo.read", 200),
      ("scope=", 200), ("other=1", 200), ("scope=media.read", 403), ("scope=textmessage.read%20media.read", 403),
      ("scope=unknown", 403), ("scope=%zz", 403), ("scope=textmessage.read&scope=media.read", 403),
    ] {
      #expect(try served.ask("GET", "/check?\(query)", [bearer]).status == status, "\(query)")
    }
    #expect(try served.post("/oauth2/revoke", [served.basic], form: "token=\(token)").status == 200)
    #expect(try served.ask("GET", "/check", [bearer]).status == 401)
  }

  @Test("Traefik and Caddy hear the same as others") func traefikCaddy() async throws {
    let served = try await ServedLedger()
    let bearer = "Authorization: Bearer \(try token(served))"
    for gateway in ForwardingGateway.allCases {
      let good = try gateway.ask(served, [bearer], "/check?scope=textmessage.read")
      #expect(good.status == 200 && good.body == "", "\(gateway): \(good.text)")
      #expect(good.header("x-connector") == served.connector && good.header("x-group") == served.group)
      // What they answer their client with.
      let wrong = try gateway.ask(served, ["Authorization: Bearer wrong"])
      #expect(wrong.status == 401 && wrong.header("www-authenticate")?.contains("invalid_token") == true)
      #expect(wrong.header("location") == nil)
      #expect(try gateway.ask(served, []).status == 401)
      #expect(try gateway.ask(served, [bearer], "/check?scope=media.read").status == 403)
    }
  }

  /// Debian's folder of such programs is not always in the path.
  private static let nginx: String? = {
    for path in ["/usr/sbin/nginx", "/usr/bin/nginx", "/usr/local/sbin/nginx"] where unsafe access(path, X_OK) == 0 {
      return path
    }
    return nil
  }()

  @Test("nginx guards a page by auth_request", .enabled(if: nginx != nil, "there is no nginx here")) func nginxGuards()
    async throws
  {
    let served = try await ServedLedger()
    let token = try token(served)
    let folder = TemporaryFolder()
    let socket = "\(folder.path)/nginx.sock"
    let configuration = """
      daemon off; master_process off; pid \(folder.path)/pid; error_log stderr; worker_processes 1;
      events {}
      http {
        access_log off; client_body_temp_path \(folder.path)/body; proxy_temp_path \(folder.path)/proxy;
        fastcgi_temp_path \(folder.path)/fastcgi; uwsgi_temp_path \(folder.path)/uwsgi; scgi_temp_path \(folder.path)/scgi;
        server {
          listen unix:\(socket);
          location /page { auth_request /check; auth_request_set $connector $upstream_http_x_connector;
            add_header X-Seen $connector always; root \(folder.path); }
          location = /check { internal; proxy_pass http://127.0.0.1:\(served.port); }
        }
      }
      """
    let path = "\(folder.path)/nginx.conf"
    try write(configuration, to: path)
    try write("guarded", to: "\(folder.path)/page")
    unsafe chmod(folder.path, 0o755)
    let program = try #require(Self.nginx)
    let nginx = try ChildProcess(program, ["-c", path, "-p", folder.path])
    defer { _ = nginx.kill() }
    let isThere = try await Patience.wait { unsafe access(socket, F_OK) == 0 }
    #expect(isThere)
    func ask(_ arguments: String...) throws -> Answer {
      let result = try runProgram(
        ["-sS", "-i", "--max-time", "\(Patience.seconds)", "--unix-socket", socket] + arguments + [
          "http://guarded/page"
        ],
        of: "/usr/bin/curl")
      return Answer(result.output)
    }
    let allowed = try ask("-H", "Authorization: Bearer \(token)")
    #expect(allowed.status == 200, "\(allowed.text)")
    #expect(allowed.body == "guarded")
    #expect(allowed.header("x-seen") == served.connector)
    let denied = try ask("-H", "Authorization: Bearer wrong")
    #expect(denied.status == 401)
    #expect(denied.header("www-authenticate")?.contains("invalid_token") == true)
    #expect(try ask().status == 401)
    // nginx hands on the length of a body that it keeps.
    let posted = try ask("-H", "Authorization: Bearer \(token)", "-d", String(repeating: "x", count: 5_000))
    #expect(posted.status == 405, "a page takes no POST, and the check allowed it: \(posted.text)")
  }

  private func write(_ text: String, to path: String) throws {
    guard let file = unsafe fopen(path, "w") else { throw ServerFailure(reason: "no file \(path)") }
    unsafe fputs(text, file)
    unsafe fclose(file)
  }
}
