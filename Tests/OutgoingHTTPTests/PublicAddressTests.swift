import NIOCore
import OutgoingHTTP
import Testing

/// Which addresses a server may be made to call.
@Suite struct PublicAddressTests {
  private func bytes(_ text: String) throws -> [UInt8] {
    switch try SocketAddress(ipAddress: text, port: 0) {
    case .v4(let address): unsafe withUnsafeBytes(of: address.address.sin_addr) { unsafe Array($0) }
    case .v6(let address): unsafe withUnsafeBytes(of: address.address.sin6_addr) { unsafe Array($0) }
    case .unixDomainSocket: []
    }
  }

  @Test(
    "Special addresses are none",
    arguments: [
      "0.0.0.0", "0.1.2.3", "10.0.0.1", "10.255.255.255", "100.64.0.1", "100.127.255.255", "127.0.0.1", "127.1.2.3",
      "169.254.169.254", "172.16.0.1", "172.31.255.255", "192.0.0.8", "192.0.2.1", "192.168.1.1", "198.18.0.1",
      "198.19.255.255", "198.51.100.7", "203.0.113.9", "224.0.0.1", "239.1.1.1", "240.0.0.1", "255.255.255.255",
      "168.63.129.16",
      "::", "::1", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "::127.0.0.1", "::ffff:0:127.0.0.1", "64:ff9b::7f00:1",
      "64:ff9b::a9fe:a9fe", "64:ff9b:1::10.0.0.1", "2002:7f00:1::", "2002:0a00:0001::1", "2001:0:1::1", "2001:db8::1",
      "fc00::1", "fd12:3456::1", "fe80::1", "fec0::1", "ff02::1", "100::1", "3fff::1", "5f00::1",
    ]) func specialAddresses(text: String) throws
  { #expect(!PublicAddress.isPublic(try bytes(text))) }

  @Test(
    "Addresses of the Internet are",
    arguments: [
      "1.1.1.1", "8.8.8.8", "9.255.255.255", "11.0.0.1", "100.63.255.255", "100.128.0.1", "128.0.0.1", "169.253.1.1",
      "172.15.255.255", "172.32.0.1", "192.167.1.1", "198.17.1.1", "198.20.0.1", "223.255.255.255",
      "2606:4700:4700::1111", "2a00:1450:4001:81b::200e", "2001:4860:4860::8888", "::ffff:8.8.8.8", "64:ff9b::808:808",
    ]) func addressesInternet(text: String) throws
  { #expect(PublicAddress.isPublic(try bytes(text))) }

  @Test("Only addresses are") func onlyAddresses() {
    for count in [0, 3, 5, 15, 17] { #expect(!PublicAddress.isPublic([UInt8](repeating: 8, count: count))) }
  }

  /// In every spelling that a resolver takes for an address of this machine.
  @Test(
    "No spelling leads to this machine",
    arguments: [
      "https://127.0.0.1/", "https://127.1/", "https://2130706433/", "https://0x7f000001/", "https://0177.0.0.1/",
      "https://localhost/", "https://LOCALHOST./", "https://[::1]/", "https://user@example.org/", "https:///x",
      "http://example.org/", "https://0/", "https://%31%32%37.0.0.1/", "https://ex%61mple.org/", "https://１２７.0.0.1/",
      "https://①②⑦.0.0.1/", "https://example\u{AD}.org/", "https://example.org\\@localhost/",
    ]) func spellingLeads(url: String) async
  {
    let client = OutgoingClient(.init())
    let error = await #expect(throws: OutgoingError.self) { try await client.call("GET", url) }
    #expect(error?.code == .forbidden || error?.code == .malformed, "\(url): \(String(describing: error))")
    await client.shutdown()
  }

  @Test("A name of the inside is not told apart from one that is not there") func nameInside() async {
    let client = OutgoingClient(.init())
    var reasons: [String] = []
    for url in ["https://localhost/", "https://nowhere.invalid/"] {
      let error = await #expect(throws: OutgoingError.self) { try await client.call("GET", url) }
      if let error { reasons.append(error.reason) }
    }
    await client.shutdown()
    #expect(reasons.count == 2 && reasons.first == reasons.last, "\(reasons)")
  }
}
