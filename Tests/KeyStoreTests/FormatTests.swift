import KeyStore
import LedgerCrypto
import TestSupport
import Testing

/// Files as version 1 wrote them. Later versions have to open them too, so what is here never changes.
@Suite("Files of version 1")
struct FormatTests {
  private static let keyring = """
    credledger-keyring/1
    origin ledger.example/log
    slot 616e0de81468d93b JLgqU/hF9vn6xK32eSeCiNeqHN90yWJhUC/g2hGIw3lD/LnDKEWb1RHkM9sgcKJVQsP3qg/OX4a2+3\
    Na
    key token-mask 1700000000000 GOup17sLk5lYeJL+VwPDzma28JKVQVUVCAgnG+EAtS4i4wQwPN/q9210ruTUEcVU3i3Ly+l\
    2sBvjxKhe
    key lookup 1700000000000 kJvIGJtrDoqNhwhVG+KL78eivfT1Hl6TKGPIhxBhQfY7ezS/fj9Nl9Xxzlb9bpuISLduPPLAPS7\
    eGmVO
    key pin-pepper 1700000000000 YAoumYdAxozjbIt566WAbrtYxaH+agCbWPMtcLEtJVQlqoNCxIMW66lQdtHMNBPnwDw6jLY\
    E16xtcpdY
    key derivation 1700000000000 gKyVdVWBBiUDti0kef1/c8zTL2xN4aMJ0wAjGVsWnQuahhsNdZTz7MXzbzqcotLGkEXcd8w\
    cmKxPAn8I
    key signing/1 1700000000000 n8Dk1SikD9dmRlgEb+2gI7i+SW3/LUIssrFzTifa9XxG6RHvkIrs+ivjKo+CVqDY/idBOTC8\
    MEqsBZ6R A6rMgwXtEzuX1q17eCOgcbmnci2Q8HTzG3OsyAdZsF8=
    key person/1 1700000000000 bPAYM5DogPl+5ZQVYneqRSmiZrzqjdUAoHkRRarqjovOzyCv4KmC24s1ZB4chiY5hA91rk1rJ\
    y0GI/3K
    sha256 58ab6467f27d7f70cf9d6898f18dfea96c25ed2b19e9fd21f4a387fdfb0ca935

    """

  private static let shard =
    "434c504552534f4e01ab0000000000010000000151c95caaab01010101010101010101010101010191f0c300a4f26e22595f"
    + "b81d60fb286ef60f3b2fdd9f75126cda9c8e67d8063d8eaf61053a2ae12fe9da237a3e17dfbb473439724e7dbad9cd754ff6"
    + "f2b2b3c0"

  private static let box = "3831cef38bde0d0e42305efe4ffef34e58504d06b18bafe36729beac549f24cb1aa9c262e03abfd143"

  @Test("A folder written by version 1 opens, and gives the same keys")
  func opens() throws {
    let folder = TemporaryFolder.inMemory()
    _ = try KeyStore.create(at: folder.keys, origin: origin, master: master(1), createdAt: 0)
    try writeFile(folder.keys + "/keyring", Array(Self.keyring.utf8))
    try writeFile(folder.keys + "/persons/ab", try #require(Hex.decode(Self.shard)))
    let store = try reopen(folder)
    #expect(store.lookupHash(of: [1]).hex == "83e939347e17748086070f91b4c4931f38ed13496e1c2517aae07ba505c2a259")
    #expect(store.verifyingKeys.map(\.createdAt) == [1_700_000_000_000])
    #expect(
      Hex.encode(store.signingKey.verifyingKey.bytes)
        == "03aacc8305ed133b97d6ad7b7823a071b9a7722d90f074f31b73acc80759b05f")
    let value = SealedValue(person: persons(1)[0], box: try #require(Hex.decode(Self.box)))
    #expect(try store.vault.open(value, purpose: .phoneNumber) == Array("+49 30 123456".utf8))
  }

  @Test("The present version writes the same, given the same chance")
  func writes() throws {
    let folder = TemporaryFolder.inMemory()
    let random = DeterministicRandom(seed: Secret(copying: Array(0..<32)))
    let store = try KeyStore.create(
      at: folder.keys, origin: origin, master: master(1), createdAt: 1_700_000_000_000, random: random)
    try store.persons.add(persons(1))
    let value = try store.vault.seal("+49 30 123456", for: persons(1)[0], purpose: .phoneNumber)
    #expect(String(decoding: readFile(folder.keys + "/keyring"), as: UTF8.self) == Self.keyring)
    #expect(Hex.encode(readFile(folder.keys + "/persons/ab")) == Self.shard)
    #expect(Hex.encode(value.box) == Self.box)
    #expect(store.lookupHash(of: [1]).hex == "83e939347e17748086070f91b4c4931f38ed13496e1c2517aae07ba505c2a259")
    #expect(
      Hex.encode(store.signingKey.verifyingKey.bytes)
        == "03aacc8305ed133b97d6ad7b7823a071b9a7722d90f074f31b73acc80759b05f")
  }
}
