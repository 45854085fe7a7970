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
    for access in [KeyStore.Access.reading, .writing] {
      let folder = try version1()
      let store = try KeyStore.open(at: folder.keys, origin: origin, master: master(1), access: access)
      try expectKeys(store)
      let value = SealedValue(person: persons(1)[0], box: try #require(Hex.decode(Self.box)))
      #expect(try store.vault.open(value, purpose: .phoneNumber) == Array("+49 30 123456".utf8))
      // Only whoever writes may change the file, and so has a key that version 1 did not have.
      #expect((store.keyringCounter, store.numbers(of: .rowCheck)) == (access == .reading ? (0, []) : (1, [1])))
      #expect((readFile(folder.keys + "/keyring") == Array(Self.keyring.utf8)) == (access == .reading))
    }
  }

  @Test("One that was opened for writing is of the present version from then on, with the same keys")
  func upgrades() throws {
    let folder = try version1()
    var rowCheck: Secret?
    do { rowCheck = try reopen(folder).newest(.rowCheck).key }
    #expect(keyringLines(folder).prefix(3) == ["credledger-keyring/4", "origin \(origin)", "counter 1"])
    let store = try reopen(folder)
    try expectKeys(store)
    #expect(try store.newest(.rowCheck).key == rowCheck)
    #expect(store.keyringCounter == 1)
  }

  @Test("A reader from before the upgrade goes on after it")
  func upgradedMeanwhile() throws {
    let folder = try version1()
    let reader = try KeyStore.open(at: folder.keys, origin: origin, master: master(1), access: .reading)
    #expect(throws: KeyStoreError(.outdated, "")) { try reader.newest(.rowCheck) }
    let writer = try reopen(folder)
    try reader.refresh()
    #expect(try reader.newest(.rowCheck).key == writer.newest(.rowCheck).key)
  }

  @Test("It is listed without a key")
  func lists() throws {
    let folder = try version1()
    let listing = try KeyStore.open(at: folder.keys, origin: origin, master: .file("/none"), access: .listing)
    #expect(listing.verifyingKeys.map(\.createdAt) == [1_700_000_000_000])
    #expect(listing.keyringKeys.map(\.kind) == KeyKind.allCases.filter { $0 != .rowCheck && $0 != .tokenSigning })
  }

  @Test("A rotation that a file of version 1 speaks of is not believed: anybody could have written it")
  func rotationOfVersion1() throws {
    let folder = try version1()
    var lines = keyringLines(folder)
    lines.insert("rotation 0123456789abcdef 616e0de81468d93b", at: 3)
    try writeKeyring(folder, lines)
    #expect(try reopen(folder).unconfirmedRotation == nil)
  }

  @Test("What a crash of version 1 left of persons' files is wiped when the keyring is brought up to date")
  func leftoversOfVersion1() throws {
    let folder = try version1()
    let shard = try #require(Hex.decode(Self.shard))
    let foreign = ["/keyring.old", "/persons/notes.old", "/persons/ac.new"]
    for name in ["/persons/ab.old", "/persons/ab.new"] { try writeFile(folder.keys + name, shard) }
    for name in foreign { try writeFile(folder.keys + name, Array("somebody's".utf8)) }
    _ = try reopen(folder)
    let names = Set(folder.files().map { String($0.dropFirst(folder.keys.count)) })
    #expect(!names.contains("/persons/ab.old") && !names.contains("/persons/ab.new"))
    for name in foreign { #expect(readFile(folder.keys + name) == Array("somebody's".utf8)) }
  }

  private func version1() throws -> TemporaryFolder {
    let folder = TemporaryFolder.inMemory()
    _ = try KeyStore.create(at: folder.keys, origin: origin, master: master(1), createdAt: 0)
    try writeFile(folder.keys + "/keyring", Array(Self.keyring.utf8))
    try writeFile(folder.keys + "/persons/ab", try #require(Hex.decode(Self.shard)))
    return folder
  }

  private func expectKeys(_ store: KeyStore, at location: SourceLocation = #_sourceLocation) throws {
    let hash = try lookupHash(store, of: [1]).hex
    #expect(hash == "83e939347e17748086070f91b4c4931f38ed13496e1c2517aae07ba505c2a259", sourceLocation: location)
    #expect(store.verifyingKeys.map(\.createdAt) == [1_700_000_000_000], sourceLocation: location)
    let key = try Hex.encode(store.signingKey.verifyingKey.bytes)
    #expect(key == "03aacc8305ed133b97d6ad7b7823a071b9a7722d90f074f31b73acc80759b05f", sourceLocation: location)
    #expect(store.verifyingKeys.map { Hex.encode($0.key.bytes) } == [key], sourceLocation: location)
  }
}

/// The same for version 2.
@Suite("Files of version 2")
struct Format2Tests {
  private static let keyring = """
    credledger-keyring/2
    origin ledger.example/log
    counter 1
    slot 616e0de81468d93b kfDDAKTybiJZX7gda/bW36WOhBuE51xbU7dRKwBQyVJWH8Wuzhgk3zrEfWpeGH4ktHjveeMKisqMS7\
    kh
    key signing/1 1700000000000 - osFZI0Yz7MDG4RZwo5Bk20XOJOo0hf9qaiuAOW5JxGI8OU5Zw3hbp3wAl+AuDCds36bRhg\
    /n4Oi8uizh IMVAu0JLW3iNimFTzuLJmC7kvKBYOBqDS6Ewef/i9+U=
    key person/1 1700000000000 - 1C+7r/wmlnl0CtKa6YL4DwizY8ZuM+gMLCKldxBSnU91e/JmPp4iaPFUmFTZ38IXwG9i019\
    yJpT8AH+D
    key token-mask/1 1700000000000 - LUJFqW1V50MOePZ6Akf8nZxflbVHRtspsphfTx7V5z8+3lrYd2NBrW4P6Qj4C7v7/aW\
    iwhAUijGPKSI8
    key lookup/1 1700000000000 - TZ985N2mDVHvSCOHvJ6oVv7KMSaZyVbMrhoF3u6A81JrNOXOuHyXPhyqWcwlOCnTAevo9c9\
    syLuK4Lmk
    key pin-pepper/1 1700000000000 - uwuTmVh4kv6Qm8gYRLHtpoNp2xzt06ay3ZThy9IHHmlERiIAqXHHW/mQRKOa01sXi9O\
    Op93tRT8FO8l7
    key derivation/1 1700000000000 - n8Dk1SikD9dmRlgEG+dFwlQTYpA+qWfhQ2a1jRKv31TRQ5yZ5Wt8odsN8iBXWmigP5T\
    DoTPSLBPjDC2Q
    key row-check/1 1700000000000 - FYRJSVz3OIKIYR8tAu+O1KkyQOzBMcTNK6Z1uD28ooOomZK9TmRhRaFRsFMaCMLUE6dl\
    +JshkCuq2e7s
    mac 453016e1e27acd7804772333fe011cffb5c9d525ce9d054023b9c243364b0109
    sha256 2cca6d5f95c015bc8d42caad5edb4335ff5b9614b3c6a940d79a466a2133d2a5

    """

  static let shard =
    "434c504552534f4e01ab0000000000010000000151c95caaab010101010101010101010101010101e37412657ef740c79b"
    + "bae3a5f1b3b2c8982b3efd4b4c4d97805056330ac4d72c1893920f3f37ec07ba1c37948afd957355cab00ca2cd1f29a1b0"
    + "577d25d5f77e"
  static let box = "95b18ed18ea05a4bbe6c8fe416e664558616333d9939124f8e7d10883dad3b978191127f758ba758ae"

  @Test("It opens; and once it was opened for writing, it is as the present version writes it, but for the counter")
  func upgrades() throws {
    let folder = TemporaryFolder.inMemory()
    _ = try create(folder)
    try writeFile(folder.keys + "/keyring", Array(Self.keyring.utf8))
    try writeFile(folder.keys + "/persons/ab", try #require(Hex.decode(Self.shard)))
    let value = SealedValue(person: persons(1)[0], box: try #require(Hex.decode(Self.box)))
    let reader = try KeyStore.open(at: folder.keys, origin: origin, master: master(1), access: .reading)
    #expect(readFile(folder.keys + "/keyring") == Array(Self.keyring.utf8))
    #expect(throws: KeyStoreError(.outdated, "")) {
      _ = try KeyStore.open(at: folder.keys, origin: origin, master: Format3Tests.readerKey, access: .reading)
    }
    let store = try reopen(folder)
    #expect(store.keyringCounter == 2)
    let keys = Format3Tests.keyring.split(separator: "\n").map(String.init).filter { $0.hasPrefix("key ") }
    #expect(keyringLines(folder).first == "credledger-keyring/4")
    #expect(keyringLines(folder).filter { $0.hasPrefix("key ") && !$0.hasPrefix("key token-signing/") } == keys)
    // A reader of before goes on.
    try store.rotate(.lookup, createdAt: 1)
    try reader.refresh()
    #expect(reader.numbers(of: .lookup) == [1, 2])
    let opened = try KeyStore.open(at: folder.keys, origin: origin, master: Format3Tests.readerKey, access: .reading)
    #expect(try opened.vault.open(value, purpose: .phoneNumber) == Array("+49 30 123456".utf8))
  }
}

/// The same for version 3.
@Suite("Files of version 3")
struct Format3Tests {
  static let keyring = """
    credledger-keyring/3
    origin ledger.example/log
    counter 1
    slot 616e0de81468d93b kfDDAKTybiJZX7gda/bW36WOhBuE51xbU7dRKwBQyVJWH8Wuzhgk3zrEfWpeGH4ktHjveeMKisqMS7kh
    key signing/1 1700000000000 - osFZI0Yz7MDG4RZwo5Bk20XOJOo0hf9qaiuAOW5JxGI8OU5Zw3hbp3wAl+AuDCds36bRhg/n4Oi8\
    uizh IMVAu0JLW3iNimFTzuLJmC7kvKBYOBqDS6Ewef/i9+U=
    key person/1 1700000000000 - 1C+7r/wmlnl0CtKa6YL4DwizY8ZuM+gMLCKldxBSnU91e/JmPp4iaPFUmFTZ38IXwG9i019yJpT8A\
    H+D
    key token-mask/1 1700000000000 - LUJFqW1V50MOePZ6Akf8nZxflbVHRtspsphfTx7V5z8+3lrYd2NBrW4P6Qj4C7v7/aWiwhAUi\
    jGPKSI8
    key lookup/1 1700000000000 - TZ985N2mDVHvSCOHvJ6oVv7KMSaZyVbMrhoF3u6A81JrNOXOuHyXPhyqWcwlOCnTAevo9c9syLuK4\
    Lmk
    key pin-pepper/1 1700000000000 - uwuTmVh4kv6Qm8gYRLHtpoNp2xzt06ay3ZThy9IHHmlERiIAqXHHW/mQRKOa01sXi9OOp93tR\
    T8FO8l7
    key derivation/1 1700000000000 - n8Dk1SikD9dmRlgEG+dFwlQTYpA+qWfhQ2a1jRKv31TRQ5yZ5Wt8odsN8iBXWmigP5TDoTPSL\
    BPjDC2Q
    key row-check/1 1700000000000 - FYRJSVz3OIKIYR8tAu+O1KkyQOzBMcTNK6Z1uD28ooOomZK9TmRhRaFRsFMaCMLUE6dl+JshkC\
    uq2e7s
    role reader bc28218fc83ccd00 8362fa00882659d1ed6a01165604640186af0c0d05719b01e3383a5b6cf237d9
    role signer b66588345a519dc4 21d7f876ac9213e954f4b0005e9d7db4e7cd1dca4e2c1d8ecc66e711fe6b8401
    mac 99d3aa9524f271f973a91d01e19df7f07f3533b4fe632af48888100f1c02dca8
    sha256 aff396491ea3c99010e3ee97fd844d7417777eaf5f439277f8163abde7f9ac3b

    """

  /// Of that file. Computed by other means than this program's.
  static let readerKey = MasterKey.Source.text(
    Secret(
      copying: Array(
        "credledger-reader-key:96c1ec9ddbecc983c42223a5ab50e4aed88e8f98ef62f5483b42060ef8ea4c8e".utf8)))

  static let shard =
    "434c504552534f4e01ab0000000000010000000151c95caaab010101010101010101010101010101e37412657ef740c79b"
    + "bae3a5f1b3b2c8982b3efd4b4c4d97805056330ac4d72c1893920f3f37ec07ba1c37948afd957355cab00ca2cd1f29a1b0"
    + "577d25d5f77e"
  static let box = "95b18ed18ea05a4bbe6c8fe416e664558616333d9939124f8e7d10883dad3b978191127f758ba758ae"

  @Test("A folder written by version 3 opens, and is of the present version once it was opened for writing")
  func opens() throws {
    let folder = TemporaryFolder.inMemory()
    _ = try KeyStore.create(at: folder.keys, origin: origin, master: master(1), createdAt: 0)
    try writeFile(folder.keys + "/keyring", Array(Self.keyring.utf8))
    try writeFile(folder.keys + "/persons/ab", try #require(Hex.decode(Self.shard)))
    let value = SealedValue(person: persons(1)[0], box: try #require(Hex.decode(Self.box)))
    let reader = try KeyStore.open(at: folder.keys, origin: origin, master: Self.readerKey, access: .reading)
    #expect(try reader.vault.open(value, purpose: .phoneNumber) == Array("+49 30 123456".utf8))
    #expect(readFile(folder.keys + "/keyring") == Array(Self.keyring.utf8))
    // The key of signed tokens followed from the mask, and is the same afterwards.
    let seed = try #require(reader.tokenSigningKeys.first).seed
    #expect(reader.tokenSigningKeys.count == 1 && reader.numbers(of: .tokenSigning).isEmpty)
    let store = try reopen(folder)
    #expect(store.numbers(of: .tokenSigning) == [1] && store.tokenSigningKeys.first?.seed == seed)
    #expect(keyringLines(folder).first == "credledger-keyring/4")
    #expect(
      keyringLines(folder).filter { $0.hasPrefix("key ") && !$0.hasPrefix("key token-signing/") }
        == Self.keyring.split(separator: "\n").map(String.init).filter { $0.hasPrefix("key ") })
    // It is rotated for itself.
    try store.rotate(.tokenSigning, createdAt: 1, until: 2)
    #expect(store.tokenSigningKeys.map(\.number) == [2, 1] && store.tokenSigningKeys[0].seed != seed)
    #expect(store.tokenMasks.map(\.number) == [1])
    try reader.refresh()
    #expect(reader.tokenSigningKeys.map(\.number) == [2, 1] && reader.tokenSigningKeys[1].seed == seed)
  }
}
