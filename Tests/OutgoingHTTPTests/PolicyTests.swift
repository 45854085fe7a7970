import Glibc
import OutgoingHTTP
import Testing

/// Which servers are called where the operator names them.
@Suite struct PolicyTests {
  private func code(_ url: String, _ policy: OutgoingClient.Policy) async -> OutgoingError.Code? {
    var settings = OutgoingClient.Settings()
    settings.policy = policy
    // Whoever asks finds nobody however long it tries.
    settings.timeout = .seconds(2)
    let client = OutgoingClient(settings)
    let error = await #expect(throws: OutgoingError.self) { try await client.call("GET", url) }
    await client.shutdown()
    return error?.code
  }

  /// Nothing listens on the port, so whoever gets as far as to ask finds nobody.
  @Test(
    "The operator may name this machine, and others may not",
    arguments: [
      "http://127.0.0.1:1/", "http://localhost:1/", "http://[::1]:1/", "https://127.0.0.1:1/", "https://[::1]:1/",
      "HTTPS://127.0.0.1:1/".lowercased(),
    ]) func operatorMay(url: String) async
  {
    #expect(await code(url, .namedByOperator) == .unreachable)
    #expect(await code(url, .namedByAnybody) != .unreachable)
  }

  @Test(
    "Without TLS nothing leaves this machine",
    arguments: [
      "http://example.org/", "http://127.0.0.1.example.org/", "http://localhost@example.org/", "http://10.0.0.1/",
      "ftp://127.0.0.1/", "https:///x", "https://user@127.0.0.1/", "",
      "http://[::1]@example.org/", "http://[::1]:1@example.org/", "http://[::1].example.org/",
    ]) func withoutTLS(url: String) async
  {
    #expect(await code(url, .namedByOperator) == .malformed)
  }

  @Test("An answer of which a little comes now and then is cut off") func answerLittle() async throws {
    let (listener, port) = try listening()
    defer { close(listener) }
    let sending = Task.detached {
      var called = pollfd(fd: listener, events: Int16(POLLIN), revents: 0)
      while unsafe poll(&called, 1, 0) == 0 { try await Task.sleep(for: .milliseconds(10)) }
      let connection = accept(listener, nil, nil)
      defer { close(connection) }
      let head = "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n"
      for text in [head] + [String](repeating: "x", count: 100) {
        let bytes = Array(text.utf8)
        guard unsafe send(connection, bytes, bytes.count, Int32(MSG_NOSIGNAL)) > 0 else { return }
        try await Task.sleep(for: .milliseconds(100))
      }
    }
    var settings = OutgoingClient.Settings()
    settings.policy = .namedByOperator
    settings.timeout = .seconds(1)
    let client = OutgoingClient(settings)
    let answer = try await client.call("GET", "http://127.0.0.1:\(port)/")
    await client.shutdown()
    sending.cancel()
    _ = await sending.result
    #expect(answer.isSuccess && answer.body.count < 100, "\(answer.body.count)")
  }

  @Test(
    "The connection goes to the address that was looked at, however the name is written",
    arguments: ["hooks.example.org", "Hooks.Example.ORG"])
  func connectionGoes(host: String) async throws {
    let (listener, port) = try listening()
    defer { close(listener) }
    var settings = OutgoingClient.Settings()
    settings.addresses = ["hooks.example.org": "127.0.0.1"]
    let client = OutgoingClient(settings)
    let error = await #expect(throws: OutgoingError.self) { try await client.call("GET", "https://\(host):\(port)/") }
    await client.shutdown()
    // Nobody speaks TLS there, but somebody called.
    #expect(error?.code == .unreachable)
    var called = pollfd(fd: listener, events: Int16(POLLIN), revents: 0)
    let ready = unsafe poll(&called, 1, 0)
    #expect(ready == 1)
  }
}
