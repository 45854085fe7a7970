import KeyStore
import LedgerCrypto
import TestSupport
import Testing

/// Files as version 4 writes them. Later versions have to open them too, so what is here never changes.
@Suite("Files of version 4")
struct Format4Tests {
  static let keyring = """
    credledger-keyring/4
    origin ledger.example/log
    counter 1
    slot 616e0de81468d93b kfDDAKTybiJZX7gda/bW36WOhBuE51xbU7dRKwBQyVJWH8Wuzhgk3zrEfWpeGH4ktHjveeMKisqMS7kh
    key signing/1 1700000000000 - osFZI0Yz7MDG4RZwo5Bk20XOJOo0hf9qaiuAOW5JxGI8OU5Zw3hbp3wAl+AuDCds36bRhg\
    /n4Oi8uizh IMVAu0JLW3iNimFTzuLJmC7kvKBYOBqDS6Ewef/i9+U=
    key person/1 1700000000000 - 1C+7r/wmlnl0CtKa6YL4DwizY8ZuM+gMLCKldxBSnU91e/JmPp4iaPFUmFTZ38IXwG9i019yJpT8AH+D
    key token-mask/1 1700000000000 - LUJFqW1V50MOePZ6Akf8nZxflbVHRtspsphfTx7V5z8+3lrYd2NBrW4P6Qj4C7v7/aW\
    iwhAUijGPKSI8
    key lookup/1 1700000000000 - TZ985N2mDVHvSCOHvJ6oVv7KMSaZyVbMrhoF3u6A81JrNOXOuHyXPhyqWcwlOCnTAevo9c9syLuK4Lmk
    key pin-pepper/1 1700000000000 - uwuTmVh4kv6Qm8gYRLHtpoNp2xzt06ay3ZThy9IHHmlERiIAqXHHW/mQRKOa01sXi9O\
    Op93tRT8FO8l7
    key derivation/1 1700000000000 - n8Dk1SikD9dmRlgEG+dFwlQTYpA+qWfhQ2a1jRKv31TRQ5yZ5Wt8odsN8iBXWmigP5T\
    DoTPSLBPjDC2Q
    key row-check/1 1700000000000 - FYRJSVz3OIKIYR8tAu+O1KkyQOzBMcTNK6Z1uD28ooOomZK9TmRhRaFRsFMaCMLUE6dl\
    +JshkCuq2e7s
    key token-signing/1 1700000000000 - FL9uyz2XfBdK/WFYV8nM1Ryzb4owb1CFnCXE9a9H4SHi3gIgNbqjkYUFvrM+cLMj\
    MQfDUGql+YnRIr/K
    role reader bc28218fc83ccd00 d1d9bc02dfdfa713aa45f1e483bb84d53edea60ec33bea01e83b0db5ccb58702
    role signer b66588345a519dc4 8e47ef7069fc89b07ff887680334e958f385461faf30ea40491499b294773bf6
    mac 7fada1641830b7e176a640b5db2e44ce7a36b20ba5ed17e6fa76d7ba0ff759d8
    sha256 6e8fb4e2b2b599055ada764f5ca99b4e2e0eebd7588b8fbfd43e473765716740

    """

  @Test("The present version writes the same, given the same chance, and opens it")
  func writes() throws {
    let folder = TemporaryFolder.inMemory()
    let random = DeterministicRandom(seed: Secret(copying: Array(0..<32)))
    do {
      let store = try KeyStore.create(
        at: folder.keys, origin: origin, master: master(1), createdAt: 1_700_000_000_000, random: random)
      try store.persons.add(persons(1))
      let value = try store.vault.seal("+49 30 123456", for: persons(1)[0], purpose: .phoneNumber)
      #expect(String(decoding: readFile(folder.keys + "/keyring"), as: UTF8.self) == Self.keyring)
      #expect(Hex.encode(readFile(folder.keys + "/persons/ab")) == Format3Tests.shard)
      #expect(Hex.encode(value.box) == Format3Tests.box)
    }
    try writeFile(folder.keys + "/keyring", Array(Self.keyring.utf8))
    let store = try reopen(folder)
    let value = SealedValue(person: persons(1)[0], box: try #require(Hex.decode(Format3Tests.box)))
    #expect(try store.vault.open(value, purpose: .phoneNumber) == Array("+49 30 123456".utf8))
  }
}
