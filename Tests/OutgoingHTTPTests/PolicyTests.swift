import OutgoingHTTP
import Testing

/// Which servers are called where the operator names them.
@Suite struct PolicyTests {
  private func code(_ url: String, _ policy: OutgoingClient.Policy) async -> OutgoingError.Code? {
    var settings = OutgoingClient.Settings()
    settings.policy = policy
    settings.timeout = .seconds(2)
    let client = OutgoingClient(settings)
    let error = await #expect(throws: OutgoingError.self) { try await client.call("GET", url) }
    await client.shutdown()
    return error?.code
  }

  /// Nothing listens on the port, so whoever gets as far as to ask finds nobody.
  @Test(arguments: [
    "http://127.0.0.1:1/", "http://localhost:1/", "http://[::1]:1/", "https://127.0.0.1:1/", "https://[::1]:1/",
    "HTTPS://127.0.0.1:1/".lowercased(),
  ]) func `The operator may name this machine, and others may not`(url: String) async {
    #expect(await code(url, .namedByOperator) == .unreachable)
    #expect(await code(url, .namedByAnybody) != .unreachable)
  }

  @Test(arguments: [
    "http://example.org/", "http://127.0.0.1.example.org/", "http://localhost@example.org/", "http://10.0.0.1/",
    "ftp://127.0.0.1/", "https:///x", "https://user@127.0.0.1/", "",
    "http://[::1]@example.org/", "http://[::1]:1@example.org/", "http://[::1].example.org/",
  ]) func `Without TLS nothing leaves this machine`(url: String) async {
    #expect(await code(url, .namedByOperator) == .malformed)
  }
}
