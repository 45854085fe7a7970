import LedgerTestSupport
import Testing

/// A libcrypto without what the program uses is named, and ends it by no signal.
@Suite struct MissingAlgorithmTests {
  @Test("What is missing is named") func whatIsMissingIsNamed() async throws {
    let ledger = try await ProvenLedger()
    let configuration = ledger.file("openssl.cnf")
    TestFile.write(
      Array(
        "openssl_conf = init\n[init]\nalg_section = algorithms\n[algorithms]\ndefault_properties = fips=yes\n".utf8),
      to: configuration)
    for command in [["stats"], ["key", "list"], ["verify"]] {
      let refused = try ledger.run(command, environment: ["OPENSSL_CONF=\(configuration)"])
      #expect(refused.status == 3, "\(command): \(refused.error)")
      for text in ["SHA256", "HMAC", "AES-256-GCM", "ED25519", "ECDSA", "OPENSSL_CONF"] {
        #expect(refused.error.contains(text))
      }
    }
    #expect(try ledger.run("stats").status == 0)
  }
}
