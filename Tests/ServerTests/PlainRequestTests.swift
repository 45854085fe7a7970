import HTTPTypes
import Hummingbird
import Testing

@testable import LedgerServer

/// Requests that are read and answered without the decoder of HTTP.
@Suite struct PlainRequestTests {
  private let limits = PlainRequest.Limits(headerBytes: 512, headerCount: 6, bodyBytes: 64)

  private func read(_ text: String) -> PlainRequest? { PlainRequest(ByteBuffer(string: text), limits) }

  @Test("What it says is read, and where it ends") func saysRead() throws {
    let text = "POST /a/b?c=%20d HTTP/1.1\r\nHost: h:1\r\naccessToken:t\r\nX-A:  b c\r\nContent-Length: 3\r\n\r\nxyz"
    let request = try #require(read(text + "GET / HTTP/1.1\r\n"))
    #expect(request.head.method == .post && request.head.path == "/a/b?c=%20d" && request.head.authority == "h:1")
    #expect(
      request.head.headerFields.map { "\($0.name)=\($0.value)" } == ["accessToken=t", "X-A=b c", "Content-Length=3"])
    #expect(request.body == Array("xyz".utf8) && request.length == text.utf8.count)
    #expect(read("GET / HTTP/1.1\r\nhost:h\r\nconnection: Keep-Alive\r\n\r\n")?.head.authority == "h")
  }

  @Test("No part of one is one") func noPart() {
    let text = "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n\r\nxyz"
    let bytes = Array(text.utf8)
    for count in bytes.indices {
      #expect(PlainRequest(ByteBuffer(bytes: bytes.prefix(count)), limits) == nil, "\(count)")
    }
    #expect(read(text) != nil)
  }

  @Test(
    "What could be read in two ways is left to the decoder",
    arguments: [
      "GET / HTTP/1.0\r\n", "GET  / HTTP/1.1\r\n", "GET /  HTTP/1.1\r\n", "get / HTTP/1.1\r\n",
      "CONNECT / HTTP/1.1\r\n",
      "GET http://h/ HTTP/1.1\r\n", "GET * HTTP/1.1\r\n", "GET /# HTTP/1.1\r\n", "GET /ä HTTP/1.1\r\n",
      "GET /\u{0} HTTP/1.1\r\n", "GET / HTTP/1.1\n", "\r\nGET / HTTP/1.1\r\n",
      "GET / HTTP/1.1\r\nHost: a\r\n",
      "GET / HTTP/1.1\r\nContent-Length: 0\r\nContent-Length: 0\r\n", "GET / HTTP/1.1\r\nContent-Length: +0\r\n",
      "GET / HTTP/1.1\r\nContent-Length: 0x0\r\n", "GET / HTTP/1.1\r\nContent-Length: 0, 0\r\n",
      "GET / HTTP/1.1\r\nContent-Length: 00000000000000000000\r\n", "GET / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n",
      "GET / HTTP/1.1\r\nTRANSFER-ENCODING: identity\r\n", "GET / HTTP/1.1\r\nConnection: close\r\n",
      "GET / HTTP/1.1\r\nConnection: keep-alive, close\r\n", "GET / HTTP/1.1\r\nExpect: 100-continue\r\n",
      "GET / HTTP/1.1\r\nUpgrade: h2c\r\n", "GET / HTTP/1.1\r\nA : b\r\n", "GET / HTTP/1.1\r\n A: b\r\n",
      "GET / HTTP/1.1\r\nA: b\r\n c\r\n", "GET / HTTP/1.1\r\nA:\r\n", "GET / HTTP/1.1\r\nA: b \r\n",
      "GET / HTTP/1.1\r\nA: b\tc\r\n", "GET / HTTP/1.1\r\nA: b\rc\r\n", "GET / HTTP/1.1\r\nA: b\nB: c\r\n",
      "GET / HTTP/1.1\r\nA: ä\r\n", "GET / HTTP/1.1\r\n: b\r\n", "GET / HTTP/1.1\r\nA\r\n",
    ])
  func couldRead(text: String) {
    #expect(read(text + "Host: h\r\n\r\n") == nil)
  }

  @Test("One without a host is left to who refuses it") func withoutHost() {
    #expect(read("GET / HTTP/1.1\r\nA: b\r\n\r\n") == nil && read("GET / HTTP/1.1\r\n\r\n") == nil)
    #expect(read("GET / HTTP/1.1\r\nA: b\r\nHost: h\r\n\r\n") != nil)
  }

  @Test("What is beyond a limit is left to who refuses it") func beyondLimit() {
    func fields(_ count: Int, of size: Int) -> String {
      "Host: h\r\n" + String(repeating: "a: " + String(repeating: "b", count: size) + "\r\n", count: count)
    }
    #expect(read("GET / HTTP/1.1\r\n\(fields(5, of: 1))\r\n") != nil)
    #expect(read("GET / HTTP/1.1\r\n\(fields(6, of: 1))\r\n") == nil)
    #expect(read("GET / HTTP/1.1\r\n\(fields(1, of: 480))\r\n") != nil)
    #expect(read("GET / HTTP/1.1\r\n\(fields(1, of: 500))\r\n") == nil)
    for (size, isRead) in [(64, true), (65, false)] {
      let body = String(repeating: "b", count: size)
      #expect((read("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: \(size)\r\n\r\n\(body)") != nil) == isRead)
    }
  }

  /// Statuses of the answers to what a connection sends.
  private func statuses(_ port: Int, _ text: String) throws -> [String] {
    let connection = try Connection(port: port)
    connection.send(text)
    connection.finishSending()
    return connection.readAll().split(separator: "HTTP/1.1 ").map { String($0.prefix(3)) }
  }

  @Test(
    "A request has the same answer, and the next one is found, whoever reads them",
    arguments: [
      "GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n", "GET /check HTTP/1.1\r\nhost:a\r\naccesstoken:x\r\n\r\n",
      "GET /check HTTP/1.1\r\nHost:  a\r\nX:\t\r\n\r\n",
      "GET //check/x?y=z HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n",
      "POST /check HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n\r\nx",
      "GET /check HTTP/1.0\r\n\r\n", "GET http://a/check HTTP/1.1\r\nHost: a\r\n\r\n",
      "GET /check HTTP/1.1\r\nHost: a\r\nA: b\r\n c\r\n\r\n", "GET /check HTTP/1.1\nHost: a\n\n",
      "POST /oauth2/introspect HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\na=b",
      "POST /oauth2/introspect HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\na=b\r\n0\r\n\r\n",
      "POST /oauth2/introspect HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
      "POST /oauth2/introspect HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\na=bc",
      "GET /v1/accessToken HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nab",
      "PUT /check HTTP/1.1\r\nHost: a\r\n\r\n",
      "DELETE /oauth2/introspect HTTP/1.1\r\nHost: a\r\n\r\n", "GET /none HTTP/1.1\r\nHost: a\r\n\r\n",
      "GET /v1/groups/7?showDetails=true HTTP/1.1\r\nHost: a\r\n\r\n",
    ])
  func requestSame(request: String) async throws {
    let served = try await ServedLedger()
    let next = "GET /check HTTP/1.1\r\nHost: a\r\n\r\n"
    let decoded = "GET /healthz HTTP/1.1\r\nHost: a\r\nTE: trailers\r\n\r\n"
    let answers = try statuses(served.port, next + request + next)
    #expect(answers == Array(try statuses(served.port, decoded + next + request + next).dropFirst()))
    #expect(answers.first == "401" && answers.count > 1)
  }
}
