import CredentialLedger
import HTTPSupport
import HTTPTypes
import Hummingbird
import NIOCore
import Testing

/// Forms, credentials and addresses as requests carry them.
@Suite struct RequestReadingTests {
  private let id = "df91cb37-97bf-4ccd-a8c2-b2a3ba5eac62"

  @Test("A form is decoded, and empty parameters are absent") func formDecoded() throws {
    let form = try FormFields(Array("a=1&b=%2B+%c3%a9&c=&d&&e=x=y".utf8))
    #expect(form["a"] == "1" && form["b"] == "+ é" && form["c"] == nil && form["d"] == nil && form["e"] == "x=y")
    for text in ["a=1&a=1", "a=%f", "a=%zz", "a=%ff", "%=1"] {
      #expect(throws: RequestError.self, "\(text)") { try FormFields(Array(text.utf8)) }
    }
    #expect { try form.required("c") } throws: { ($0 as? RequestError)?.message == "c: expected a value" }
  }

  @Test("A form has at most a thousand parameters") func formMost() throws {
    let pairs = (0..<1_001).map { "p\($0)=\($0)" }
    let form = try FormFields(Array(pairs.dropLast().joined(separator: "&").utf8))
    #expect(form["p0"] == "0" && form["p999"] == "999")
    #expect(throws: RequestError(.invalid, "A form has at most 1000 parameters.")) {
      try FormFields(Array(pairs.joined(separator: "&&").utf8))
    }
  }

  @Test("Basic is read in any case", arguments: ["Basic", "basic", "BASIC"]) func basicRead(scheme: String) throws {
    let value = "\(scheme) \(Base64.encode(Array("\(id):se:cret".utf8)))"
    let client = try ClientCredentials([.authorization: value], FormFields([:]))
    #expect(client.connector.description == id && client.secret.text == "se:cret" && client.usedBasic)
  }

  @Test("A route of any method covers its path and what is below, in any case, and nothing that only begins so")
  func routeAny() {
    for path in ["/check", "//CHECK", "/Check/", "/check/a/b", "/check?scope=profile.read"] {
      #expect(PrefixRoute.covers("/check", path), "\(path)")
    }
    for path in ["", "/", "/chec", "/checks", "/check.", "/a/check", "/ch\u{0}eck", "/chec\u{212A}"] {
      #expect(!PrefixRoute.covers("/check", path), "\(path)")
    }
  }

  @Test("An access token is one word after its scheme, and a scheme alone is none") func accessToken() throws {
    func token(_ value: String) throws -> PresentedToken {
      try PresentedToken(
        Request(
          head: HTTPRequest(
            method: .get, scheme: "http", authority: "localhost", path: "/", headerFields: [.authorization: value]),
          body: RequestBody(buffer: ByteBuffer())))
    }
    #expect(try token("Bearer abc").text == "abc" && token("bearer  abc").scheme == .bearer)
    #expect(try token("DPoP abc").scheme == .dpop && token("dpop abc").text == "abc")
    for value in ["", "Bearer", "DPoP ", "Bearer a b", "Digest abc", "Basic abc"] {
      #expect(throws: RequestError.self, "\(value)") { try token(value) }
    }
  }

  @Test("A body that is larger than the limit is refused, and one as large as that is read") func bodyLarger()
    async throws
  {
    func request(_ body: String) -> Request {
      Request(
        head: HTTPRequest(method: .post, scheme: "http", authority: "localhost", path: "/", headerFields: [:]),
        body: RequestBody(buffer: ByteBuffer(string: body)))
    }
    let read = try await request("{a:1}").jsonObject(upTo: 5)
    #expect(read["a"]?.text == "1")
    let error = await #expect(throws: RequestError.self) { try await request("{a:1} ").jsonObject(upTo: 5) }
    #expect(error?.kind == .tooLarge)
  }

  @Test("Nothing that is no address is trusted, and the last hop that no proxy has counts") func nothingAddress() throws
  {
    let ranges = [try #require(AddressRange("10.0.0.0/8")), try #require(AddressRange("::1"))]
    func client(_ peer: String, _ forwarded: String?) throws -> String? {
      AddressRange.client(of: try SocketAddress(ipAddress: peer, port: 1), forwarded: forwarded, through: ranges)
    }
    #expect(try client("192.0.2.1", "203.0.113.9") == "192.0.2.1")
    #expect(try client("10.1.2.3", "203.0.113.9") == "203.0.113.9")
    #expect(try client("10.1.2.3", "198.51.100.7, 203.0.113.9, 10.9.9.9") == "203.0.113.9")
    #expect(try client("::1", "2001:db8::7") == "2001:db8::7")
    // Some proxies add the port.
    #expect(try client("10.1.2.3", "203.0.113.9:4711, 10.9.9.9:80") == "203.0.113.9")
    #expect(try client("::1", "[2001:db8::7]:4711") == "2001:db8::7")
    #expect(try client("::1", "[2001:db8::7]") == "2001:db8::7")
    #expect(try client("10.1.2.3", "203.0.113.9:80:x") == "10.1.2.3")
    #expect(try client("10.1.2.3", "unknown") == "10.1.2.3")
    #expect(try client("10.1.2.3", nil) == "10.1.2.3")
    #expect(AddressRange("10.0.0.0/33") == nil && AddressRange("x") == nil && AddressRange("10.0.0.0/-1") == nil)
    #expect(try #require(AddressRange("10.1.0.0/15")).contains(SocketAddress(ipAddress: "::ffff:10.0.3.4", port: 0)))
  }

  @Test(
    "Addresses of one network of IPv6 count as one client",
    arguments: [
      ("192.0.2.1", "192.0.2.1"), ("2001:db8:1:2::7", "20010db800010002"),
      ("2001:db8:1:2:ffff::1", "20010db800010002"), ("2001:db8:1:3::7", "20010db800010003"),
      ("::ffff:192.0.2.1", "::ffff:192.0.2.1"), ("x:y", "x:y"),
    ])
  func addressesNetwork(address: String, network: String) {
    #expect(AddressRange.network(of: address) == network)
    #expect(AddressRange.network(of: nil) == "")
  }

  @Test("Whoever has most makes room, by the older half") func mostMakes() {
    var kept = ["a": ("stranger", 3), "b": ("stranger", 1), "c": ("stranger", 2), "d": ("person", 0)]
    kept.makeRoom(client: { $0.0 }, moment: { $0.1 })
    #expect(kept.keys.sorted() == ["a", "d"])
    kept = [:]
    kept.makeRoom(client: { $0.0 }, moment: { $0.1 })
    #expect(kept.isEmpty)
  }

  @Test("Where many clients have little each, several make room at a time") func clientsLittle() {
    var kept: [String: (String, Int)] = ["person": ("person", 0)]
    for number in 0..<64 { kept["stranger \(number)"] = ("network \(number / 2)", number) }
    kept.makeRoom(client: { $0.0 }, moment: { $0.1 })
    #expect(kept.count == 61 && kept["person"] != nil)
    #expect((0..<32).allSatisfy { kept["stranger \($0 * 2 + 1)"] != nil })
  }
}
