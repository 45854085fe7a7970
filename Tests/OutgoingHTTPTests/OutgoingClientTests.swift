import Glibc
import OutgoingHTTP
import Testing

/// What is read of an answer, and where a name leads.
@Suite struct OutgoingClientTests {
  /// A name that leads elsewhere at each look-up, and stays at the last.
  private actor ChangingName {
    private var answers: [[[UInt8]]]
    private(set) var lookUpCount = 0

    init(_ answers: [[[UInt8]]]) { self.answers = answers }

    func next() -> [[UInt8]] {
      lookUpCount += 1
      return answers.count > 1 ? answers.removeFirst() : answers.first ?? []
    }
  }

  /// 2000::1, of the Internet as far as registries say, and given to nobody.
  private static let outside: [UInt8] = [0x20] + [UInt8](repeating: 0, count: 14) + [1]
  private static let inside: [UInt8] = [127, 0, 0, 1]

  private func client(_ name: ChangingName) -> OutgoingClient {
    OutgoingClient(.init(), resolving: { (_: String) async throws(OutgoingError) -> [[UInt8]] in await name.next() })
  }

  private func isCalled(_ listener: Int32) -> Bool {
    var called = pollfd(fd: listener, events: Int16(POLLIN), revents: 0)
    let ready = unsafe poll(&called, 1, 0)
    return ready != 0
  }

  @Test("A name that leads inside after it was looked at is not called there") func nameLeads() async throws {
    let (listener, port) = try listening()
    defer { close(listener) }
    let name = ChangingName([[Self.outside], [Self.inside]])
    let client = client(name)
    // Whoever looked it up once more, of the system, would come to this machine.
    let url = "https://localhost:\(port)/"
    let first = await #expect(throws: OutgoingError.self) { try await client.call("GET", url, timeout: .seconds(1)) }
    #expect(first?.code == .unreachable)
    let second = await #expect(throws: OutgoingError.self) { try await client.call("GET", url, timeout: .seconds(1)) }
    #expect(second?.code == .forbidden)
    await client.shutdown()
    #expect(!isCalled(listener))
    let lookUps = await name.lookUpCount
    #expect(lookUps == 2)
  }

  @Test("A name is not called where one of its addresses leads inside") func nameCalled() async throws {
    let (listener, port) = try listening()
    defer { close(listener) }
    for addresses in [[Self.inside], [Self.outside, Self.inside], [Self.inside, Self.outside], []] {
      let client = client(ChangingName([addresses]))
      let error = await #expect(throws: OutgoingError.self) {
        try await client.call("GET", "https://localhost:\(port)/", timeout: .seconds(1))
      }
      #expect(error?.code == .forbidden, "\(addresses)")
      await client.shutdown()
    }
    #expect(!isCalled(listener))
  }

  /// Of an answer that says its length, and of one that goes on until the connection ends.
  @Test(
    "No more of an answer is read than the limit", arguments: ["Content-Length: 300000", "Connection: close"],
    [1_000, 65_536])
  func moreAnswer(header: String, limit: Int) async throws {
    let (listener, port) = try listening()
    defer { close(listener) }
    let sending = Task.detached {
      var called = pollfd(fd: listener, events: Int16(POLLIN), revents: 0)
      while unsafe poll(&called, 1, 0) == 0 { try await Task.sleep(for: .milliseconds(10)) }
      let connection = accept(listener, nil, nil)
      defer { close(connection) }
      // A connection that is closed with something unread is reset, and what was sent is lost.
      var request = [UInt8](repeating: 0, count: 4_096)
      guard unsafe recv(connection, &request, request.count, 0) > 0 else { return }
      var bytes = Array("HTTP/1.1 200 OK\r\n\(header)\r\n\r\n".utf8)
      bytes += [UInt8](repeating: UInt8(ascii: "x"), count: 300_000)
      var sent = 0
      // The caller may end it before all is sent.
      while sent < bytes.count {
        let rest = Array(bytes[sent...])
        let count = unsafe send(connection, rest, rest.count, Int32(MSG_NOSIGNAL))
        guard count > 0 else { return }
        sent += count
      }
    }
    var settings = OutgoingClient.Settings()
    #expect(settings.bodyBytes == 65_536)
    settings.policy = .namedByOperator
    settings.bodyBytes = limit
    let client = OutgoingClient(settings)
    let answer = try await client.call("GET", "http://127.0.0.1:\(port)/")
    await client.shutdown()
    sending.cancel()
    _ = await sending.result
    #expect(answer.isSuccess && answer.body == [UInt8](repeating: UInt8(ascii: "x"), count: limit))
  }
}
