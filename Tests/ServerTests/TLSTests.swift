import CredentialLedger
import Glibc
import TestSupport
import Testing

/// TLS and HTTP/2, as curl sees them.
@Suite struct TLSTests {
  let folder = TemporaryFolder()
  private var certificate: String { "\(folder.path)/cert.pem" }
  private var key: String { "\(folder.path)/key.pem" }

  /// Makes a certificate of its own for the loopback.
  private func make(_ name: String, certificate: String, key: String) throws {
    let result = try runProgram(
      [
        "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", "/CN=\(name)",
        "-addext",
        "subjectAltName=IP:127.0.0.1", "-days", "2", "-keyout", key, "-out", certificate,
      ], of: "/usr/bin/openssl")
    guard result.status == 0 else { throw ServerFailure(reason: result.error) }
  }

  private func curl(_ arguments: String...) throws -> ProgramResult {
    try runProgram(["-sS", "--max-time", "\(Patience.seconds)"] + arguments, of: "/usr/bin/curl")
  }

  private func serve(environment: [String] = []) async throws -> ServedLedger {
    try await ServedLedger(["--tls-certificate", certificate, "--tls-key", key], environment: environment)
  }

  @Test("HTTP/2 and HTTP/1.1 are spoken over TLS, from 1.2 on") func http2() async throws {
    try make("first", certificate: certificate, key: key)
    let served = try await serve()
    let url = "https://127.0.0.1:\(served.port)"
    let form = "grant_type=refresh_token&refresh_token=\(served.refreshToken)"
    for (version, told) in [("--http2", "2"), ("--http1.1", "1.1")] {
      let result = try curl(
        "--cacert", certificate, version, "-u", "\(served.connector):\(served.secret)", "-d", form, "-w",
        "\n%{http_version} %{http_code}",
        url + "/oauth2/token")
      #expect(result.output.hasSuffix("\n\(told) 200"), "\(result.output) \(result.error)")
      #expect(result.output.contains("\"access_token\":\"cla_"))
    }
    let metadata = try curl("--cacert", certificate, url + "/.well-known/oauth-authorization-server")
    #expect(metadata.output.contains("\"issuer\":\"\(url)\""))
    try write(String(repeating: "x", count: 1_100_000), to: "\(folder.path)/large")
    let large = try curl(
      "--cacert", certificate, "--http2", "--data-binary", "@\(folder.path)/large", "-o", "\(folder.path)/out",
      "-w", "%{http_code}",
      url + "/oauth2/token")
    #expect(large.output == "413", "\(large.error)")
    // All of a header of HTTP/2 has 16 KB at most, as its decoder counts it.
    let token = "accessToken: " + String(repeating: "y", count: 15_000)
    #expect(try curl("--cacert", certificate, "--http2", "-f", "-H", token, url + "/healthz").status == 0)
    let many = (0..<120).flatMap { ["-H", "x-\($0): y"] }
    for version in ["--http2", "--http1.1"] {
      let result = try runProgram(
        ["-sS", "--cacert", certificate, version, "-w", " %{http_code}", url + "/healthz"] + many, of: "/usr/bin/curl")
      #expect(result.output.contains("The header is too large") && result.output.hasSuffix(" 431"), "\(result.output)")
    }
    #expect(try curl("--cacert", certificate, "--tlsv1.1", "--tls-max", "1.1", url + "/healthz").status != 0)
    #expect(try curl("--cacert", certificate, url + "/healthz").status == 0)
    #expect(try curl("http://127.0.0.1:\(served.port)/healthz").status != 0)
    #expect(served.end() == 0)
  }

  @Test("A client that begins no handshake, or does not go on with it, is cut off") func clientBegins() async throws {
    try make("first", certificate: certificate, key: key)
    let served = try await serve(environment: ["CREDLEDGER_SERVE_LIMITS_IDLE_SECONDS=2"])
    let silent = try Connection(port: served.port)
    let half = try Connection(port: served.port)
    // The first bytes of a record that holds a hello.
    half.send("\u{16}\u{3}\u{1}\u{2}")
    let began = ContinuousClock.now
    #expect(silent.readAll() == "")
    _ = half.readAll()
    // Whoever is not cut off reads in vain for 20 seconds.
    #expect(ContinuousClock.now - began < .seconds(15))
    #expect(try curl("--cacert", certificate, "https://127.0.0.1:\(served.port)/healthz").status == 0)
    #expect(served.end() == 0)
  }

  @Test("A connection of HTTP/2 without a stream is closed, also if its client answers no ping") func connectionHTTP()
    async throws
  {
    try make("first", certificate: certificate, key: key)
    let served = try await serve(environment: ["CREDLEDGER_SERVE_LIMITS_IDLE_SECONDS=1"])
    // It ends by itself once the server has closed, and otherwise by a signal, with status 124.
    let silent = try runProgram(
      ["60", "/usr/bin/openssl", "s_client", "-ign_eof", "-alpn", "h2", "-connect", "127.0.0.1:\(served.port)"],
      of: "/usr/bin/timeout")
    #expect(silent.output.contains("ALPN protocol: h2") && silent.status != 124, "\(silent.status)")
    #expect(served.end() == 0)
  }

  @Test("A server stops while clients keep connections without a request") func serverStops() async throws {
    try make("first", certificate: certificate, key: key)
    let served = try await serve()
    let unshaken = try Connection(port: served.port)
    let client = try ChildProcess(
      "/bin/sh",
      [
        "-c",
        "exec /usr/bin/timeout 120 /usr/bin/openssl s_client -alpn h2 -connect 127.0.0.1:\(served.port) 2>/dev/null",
      ])
    var shown = ""
    while !shown.contains("ALPN protocol: h2"), case let lines = client.read(), !lines.isEmpty {
      shown += lines.joined(separator: "\n")
    }
    #expect(shown.contains("ALPN protocol: h2"))
    let began = ContinuousClock.now
    #expect(served.end() == 0)
    // A connection without a request would be closed after a minute.
    #expect(ContinuousClock.now - began < .seconds(45))
    _ = client.kill()
    withExtendedLifetime(unshaken) {}
  }

  @Test("One address has so many connections, before any handshake") func addressConnections() async throws {
    try make("first", certificate: certificate, key: key)
    let served = try await serve(environment: ["CREDLEDGER_SERVE_LIMITS_CONNECTIONS_PER_ADDRESS=2"])
    let url = "https://127.0.0.1:\(served.port)/healthz"
    #expect(try curl("--cacert", certificate, url).status == 0)
    do {
      let silent = try (0..<2).map { _ in try Connection(port: served.port) }
      let isRefused = try await Patience.wait { try curl("--cacert", certificate, url).status != 0 }
      #expect(isRefused)
      withExtendedLifetime(silent) {}
    }
    let isTaken = try await Patience.wait { try curl("--cacert", certificate, url).status == 0 }
    #expect(isTaken)
    #expect(served.end() == 0)
  }

  @Test("A certificate that was replaced is taken, and one that is of no use is not") func certificateReplaced()
    async throws
  {
    try make("first", certificate: certificate, key: key)
    let served = try await serve()
    let url = "https://127.0.0.1:\(served.port)/healthz"
    let second = "\(folder.path)/second.pem"
    try make("second", certificate: second, key: "\(folder.path)/second.key")
    #expect(try curl("--cacert", second, url).status == 60)
    // A certificate without its key: the one before goes on.
    #expect(unsafe rename(second, certificate) == 0)
    let isRefused = try await Patience.wait { served.log.contains("was not read anew") }
    #expect(isRefused)
    #expect(try curl("-k", url).status == 0)
    #expect(unsafe rename("\(folder.path)/second.key", key) == 0)
    let isTaken = try await Patience.wait { try curl("--cacert", certificate, url).status == 0 }
    #expect(isTaken)
    #expect(served.log.contains("was read anew"))
  }

  @Test("A certificate is read anew also where its file keeps its size and its date") func certificateRead()
    async throws
  {
    let (other, otherKey, date) = ("\(folder.path)/second.pem", "\(folder.path)/second.key", "\(folder.path)/date")
    try make("first", certificate: certificate, key: key)
    try make("second", certificate: other, key: otherKey)
    func padded(_ path: String) -> String {
      let text = ServedLedger.content(of: path)
      return text + String(repeating: "\n", count: 4_096 - text.utf8.count)
    }
    for path in [certificate, key] { try write(padded(path), to: path) }
    #expect(try runProgram(["-r", certificate, date], of: "/usr/bin/touch").status == 0)
    #expect(try runProgram(["-r", date, key], of: "/usr/bin/touch").status == 0)
    let served = try await serve()
    let url = "https://127.0.0.1:\(served.port)/healthz"
    #expect(try curl("--cacert", certificate, url).status == 0)
    try write(padded(other), to: certificate)
    try write(padded(otherKey), to: key)
    #expect(try runProgram(["-r", date, certificate, key], of: "/usr/bin/touch").status == 0)
    let isTaken = try await Patience.wait { try curl("--cacert", other, url).status == 0 }
    #expect(isTaken)
    #expect(served.end() == 0)
  }

  @Test("Files that do not belong together end the start, and so does one without the other") func filesBelong()
    async throws
  {
    try make("first", certificate: certificate, key: key)
    let ledger = try await Ledger.create(at: "\(folder.path)/ledger", origin: "ledger.example.org")
    await ledger.close()
    try make("other", certificate: "\(folder.path)/other.pem", key: "\(folder.path)/other.key")
    for (options, reason) in [
      (
        ["--tls-certificate", certificate, "--tls-key", "\(folder.path)/other.key"],
        "tls.key: expected the key of the certificate"
      ),
      (["--tls-certificate", certificate], "tls.key: expected a file as well"),
      (["--tls-certificate", "\(folder.path)/none", "--tls-key", key], "tls.certificate, tls.key: expected files"),
      (["--tls-certificate", key, "--tls-key", key], "tls.certificate"),
    ] {
      let result = try runProgram(["serve", "--ledger", "\(folder.path)/ledger", "--listen", "127.0.0.1:0"] + options)
      #expect(result.status != 0)
      #expect(result.error.contains(reason), "\(result.error)")
    }
  }

  @Test("A client refuses a certificate that has expired") func clientRefuses() async throws {
    try make("expired", certificate: "\(folder.path)/good.pem", key: key)
    let authority = """
      [ca]
      default_ca = own
      [own]
      database = \(folder.path)/index
      new_certs_dir = \(folder.path)
      rand_serial = yes
      default_md = sha256
      policy = any
      [any]
      commonName = supplied
      """
    try write(authority, to: "\(folder.path)/ca.cnf")
    try write("", to: "\(folder.path)/index")
    for arguments in [
      ["req", "-new", "-key", key, "-subj", "/CN=expired", "-out", "\(folder.path)/request.pem"],
      [
        "ca", "-batch", "-selfsign", "-notext", "-config", "\(folder.path)/ca.cnf", "-keyfile", key, "-in",
        "\(folder.path)/request.pem", "-startdate", "20200101000000Z", "-enddate", "20200102000000Z", "-out",
        certificate,
      ],
    ] {
      let result = try runProgram(arguments, of: "/usr/bin/openssl")
      #expect(result.status == 0, "\(result.error)")
    }
    let served = try await serve()
    let result = try curl("--cacert", certificate, "https://127.0.0.1:\(served.port)/healthz")
    #expect(result.status == 60)
    #expect(try curl("-k", "https://127.0.0.1:\(served.port)/healthz").status == 0)
  }

  private func write(_ text: String, to path: String) throws {
    guard let file = unsafe fopen(path, "w") else { throw ServerFailure(reason: "no file \(path)") }
    unsafe fputs(text, file)
    unsafe fclose(file)
  }
}
