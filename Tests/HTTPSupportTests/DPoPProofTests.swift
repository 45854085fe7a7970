import CredentialLedger
import HTTPTypes
import Testing

@testable import HTTPSupport

/// Proofs of keys (RFC 9449).
@Suite struct DPoPProofTests {
  private let now = Timestamp(milliseconds: 1_700_000_000_000)
  private let key: Ed25519.SigningKey
  private let proofs = DPoPProofs()

  init() throws { key = try Self.key(7) }

  private static func key(_ seed: UInt8) throws -> Ed25519.SigningKey {
    var seed = [UInt8](repeating: seed, count: 32)
    return try Ed25519.SigningKey(seed: Secret(wiping: &seed))
  }

  private func jwk(_ more: String = "", of other: Ed25519.SigningKey? = nil) -> String {
    #"{"kty":"OKP","crv":"Ed25519","x":"\#(Base64URL.encode((other ?? key).verifyingKey.bytes))"\#(more)}"#
  }

  private func proof(_ payload: String, header: String? = nil, by other: Ed25519.SigningKey? = nil) throws -> String {
    let header = header ?? #"{"typ":"dpop+jwt","alg":"EdDSA","jwk":\#(jwk(of: other))}"#
    let signed = Base64URL.encode(Array(header.utf8)) + "." + Base64URL.encode(Array(payload.utf8))
    return signed + "." + Base64URL.encode(try (other ?? key).sign(Array(signed.utf8)))
  }

  private func payload(
    jti: String = "a", method: String = "POST", url: String = "https://a.example/oauth2/token",
    iat: Int64 = 1_700_000_000,
    more: String = ""
  ) -> String {
    #"{"jti":"\#(jti)","htm":"\#(method)","htu":"\#(url)","iat":\#(iat)\#(more)}"#
  }

  private func check(_ values: String..., token: String? = nil) throws(RequestError) -> KeyThumbprint? {
    var headers = HTTPFields()
    for value in values { headers.append(HTTPField(name: .dpop, value: value)) }
    return try proofs.thumbprint(
      in: headers, for: .init(method: "POST", url: "https://a.example/oauth2/token", token: token), at: now)
  }

  @Test("A proof shows the key's thumbprint, once") func proofShows() throws {
    let expected = SHA256.hash(
      Array(#"{"crv":"Ed25519","kty":"OKP","x":"\#(Base64URL.encode(key.verifyingKey.bytes))"}"#.utf8))
    let good = try proof(payload())
    #expect(try check(good) == expected)
    #expect(throws: RequestError(.invalidProof, "DPoP: expected a proof that was not used before")) { try check(good) }
    #expect(try check(proof(payload(jti: "b"))) == expected)
    #expect(try check() == nil)
  }

  @Test("A proof that is looked at and not taken is good once more, and uses up nothing") func proofLooked() throws {
    let good = try proof(payload())
    func key() throws(RequestError) -> ProvenKey? {
      try proofs.key(
        in: [.dpop: good], for: .init(method: "POST", url: "https://a.example/oauth2/token"), at: now)
    }
    let first = try #require(try key())
    let second = try #require(try key())
    try first.take()
    #expect(throws: RequestError(.invalidProof, "DPoP: expected a proof that was not used before")) {
      try second.take()
    }
  }

  @Test("One key has a quarter of the memory for proofs, and has it again once they are too old")
  func quarter() throws {
    let proofs = DPoPProofs(capacity: 8)
    let other = try Self.key(8)
    func take(_ jti: String, by key: Ed25519.SigningKey? = nil, at seconds: Int64 = 1_700_000_000) throws {
      let text = try proof(payload(jti: jti, iat: seconds), by: key)
      _ = try proofs.thumbprint(
        in: [.dpop: text], for: .init(method: "POST", url: "https://a.example/oauth2/token"),
        at: Timestamp(milliseconds: seconds * 1_000))
    }
    let tooMany = RequestError(
      .tooMany, "Too many proofs of one key at a time; try again.", headers: [.retryAfter: "60"])
    for jti in ["a", "b"] { try take(jti) }
    #expect(throws: tooMany) { try take("c") }
    // A proof that was used is told so all the same, and another key is not concerned.
    #expect(throws: RequestError(.invalidProof, "DPoP: expected a proof that was not used before")) { try take("a") }
    for jti in ["a", "b"] { try take(jti, by: other) }
    #expect(throws: tooMany) { try take("c", by: other) }
    // A minute later the first are forgotten.
    for jti in ["d", "e"] { try take(jti, at: 1_700_000_061) }
    #expect(throws: tooMany) { try take("f", at: 1_700_000_061) }
  }

  @Test("The thumbprint of RFC 8037 appendix A.3 and of RFC 7638's form for P-256") func thumbprintRFC() throws {
    let okp = try JSONParser.parse(
      Array(#"{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}"#.utf8))
    #expect(
      PublicJWK(okp).map { Base64URL.encode($0.thumbprint.bytes) } == "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k")
    let ec = try JSONParser.parse(
      Array(
        #"{"kty":"EC","crv":"P-256","x":"l8tFrhx-34tV3hRICRDY9zCkDlpBhF42UQUfWVAWBFs","y":"9VE4jf_Ok_o64zbTTlcuNJajHmt6v9TDVrU0CdvGRDA"}"#
          .utf8))
    // The key and the thumbprint of RFC 9449 section 6.
    #expect(
      PublicJWK(ec).map { Base64URL.encode($0.thumbprint.bytes) } == "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I")
  }

  @Test("Whatever is wrong with a proof is refused") func whateverWrong() throws {
    let ath = Base64URL.encode(SHA256.hash(Array("token".utf8)).bytes)
    let bad = [
      try proof(payload(method: "GET")), try proof(payload(url: "https://b.example/oauth2/token")),
      try proof(payload(url: "http://a.example/oauth2/token")), try proof(payload(url: "https://a.example/other")),
      try proof(payload(url: "nothing")), try proof(payload(iat: 1_700_000_061)),
      try proof(payload(iat: 1_699_999_939)),
      try proof(payload(iat: .max)), try proof(payload(iat: .min)), try proof(payload(jti: "")),
      try proof(payload(jti: String(repeating: "j", count: 257))), try proof("{}"), try proof("[]"), "", "a.b.c",
      try proof(payload(), header: #"{"typ":"JWT","alg":"EdDSA","jwk":\#(jwk())}"#),
      try proof(payload(), header: #"{"typ":"dpop+jwt","alg":"none","jwk":\#(jwk())}"#),
      try proof(payload(), header: #"{"typ":"dpop+jwt","alg":"ES256","jwk":\#(jwk())}"#),
      try proof(payload(), header: #"{"typ":"dpop+jwt","alg":"EdDSA"}"#),
      try proof(payload(), header: #"{"typ":"dpop+jwt","alg":"EdDSA","crit":["exp"],"exp":1,"jwk":\#(jwk())}"#),
      try proof(payload(), header: #"{"typ":"dpop+jwt","alg":"EdDSA","jwk":\#(jwk(#","d":"AA""#))}"#),
      try proof(payload()).dropLast(4) + "AAAA", try proof(payload()) + "A",
    ].map { String($0) }
    for text in bad { #expect(throws: RequestError.self, "\(text)") { try check(text) } }
    let good = try proof(payload(jti: "two"))
    #expect(throws: RequestError.self) { try check(good, good) }
    // With a token its hash must be there.
    #expect(throws: RequestError.self) { try check(good, token: "token") }
    #expect(throws: RequestError.self) { try check(proof(payload(more: #","ath":"AA""#)), token: "token") }
    #expect(try check(proof(payload(more: #","ath":"\#(ath)""#)), token: "token") != nil)
  }

  @Test(
    "Addresses are compared as RFC 9449 has it",
    arguments: ["https://A.example:443/oauth2/token", "HTTPS://a.example/oauth2/token?x=y#z"])
  func addressesCompared(url: String) throws {
    #expect(try check(proof(payload(url: url))) != nil)
  }
}
