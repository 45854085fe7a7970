import Testing

@testable import ManagementPortal

/// What a provider may say of itself.
@Suite struct IdentityProviderTests {
  private func provider(_ issuer: String) throws -> IdentityProvider {
    let file = #"{"providers":[{"id":"a","name":"A","issuer":"\#(issuer)","clientID":"portal"}]}"#
    let read = try IdentityProvider.read(Array(file.utf8)) { _ in nil }
    return try #require(read.first)
  }

  @Test("A provider of the network has nothing called on this machine, and without TLS nothing else is called")
  func providerNetwork()
    throws
  {
    let (remote, own) = (try provider("https://id.example.org"), try provider("http://127.0.0.1:9000"))
    for provider in [remote, own] { #expect(provider.mayName("https://id.example.org/token")) }
    for url in ["http://127.0.0.1:8080/x", "http://localhost/x", "http://[::1]:1/"] {
      #expect(own.mayName(url), "\(url)")
      #expect(!remote.mayName(url), "\(url)")
    }
    for url in [
      "http://id.example.org/token", "http://127.0.0.1:80@evil.example/", "http://localhost.evil.example/",
      "http://127.0.0.1.evil.example/", "ftp://127.0.0.1/", "",
    ] {
      #expect(!own.mayName(url), "\(url)")
      #expect(!remote.mayName(url), "\(url)")
    }
  }
}
