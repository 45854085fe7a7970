import Glibc
import KeyStore
import LedgerCrypto
import TestSupport
import Testing

@Suite("Signing keys that are kept elsewhere")
struct SigningKeyTests {
  private let folder = TemporaryFolder.inMemory()

  /// A program that prints what it is given as text.
  private func command(_ script: String) throws -> SigningCommand {
    let path = folder.path + "/sign"
    try writeFile(path, Array("#!/bin/sh\n\(script)\n".utf8), mode: 0o700)
    return try SigningCommand([path, "argument"])
  }

  @Test("A program's signature is taken as bytes, in hexadecimal digits, or in Base64")
  func forms() throws {
    let signature = (0..<64).map { UInt8($0 + 128) }
    try writeFile(folder.path + "/raw", signature)
    let (raw, hex, base64) = ("cat \(folder.path)/raw", Hex.encode(signature), Base64.encode(signature))
    for script in [raw, "echo \(hex)", "echo \(base64)", "printf %s \(base64)"] {
      #expect(try command(script).sign([1]) == signature, "\(script)")
    }
    // It reads what is to be signed, and is told the argument.
    let echo = try command("test \"$1\" = argument && test \"$(cat)\" = text && cat \(folder.path)/raw")
    #expect(try echo.sign(Array("text".utf8)) == signature)
    #expect(throws: SigningUnavailable.self) { try echo.sign(Array("other".utf8)) }
  }

  @Test("What is no signature is refused, and says which program printed it")
  func refused() throws {
    for (script, reason) in [
      ("true", "printed no signature"), ("echo abc", "printed no signature"),
      ("head -c 65 /dev/zero", "printed no signature"), ("echo no >&2; exit 3", "ended with status 3: no"),
      ("cat /dev/zero", "more than"),
    ] {
      let error = #expect(throws: SigningUnavailable.self, "\(script)") { try command(script).sign([1]) }
      #expect(error?.reason.contains(reason) == true && error?.reason.contains("/sign") == true, "\(script)")
    }
    for text in ["", "command:", "command:relative", "file:/x", "pkcs11:object=x"] {
      #expect(throws: KeyStoreError(.invalidArgument, ""), "\(text)") { _ = try SigningKeySource.provider(text) }
    }
  }

  @Test("The keyring has its public key only, whichever rotation comes after it")
  func keyring() throws {
    let other = try Ed25519.SigningKey(seed: Secret(copying: [UInt8](repeating: 9, count: 32)))
    do {
      let store = try create(folder)
      let first = try store.signingKey.verifyingKey
      #expect(try store.rotateSigningKey(to: other.verifyingKey, createdAt: 1, lastSize: 7).number == 2)
      #expect(store.verifyingKeys.map(\.key) == [first, other.verifyingKey])
      #expect(store.verifyingKeys.map(\.isElsewhere) == [false, true])
      #expect(store.verifyingKeys.map(\.lastSize) == [7, nil])
      for key in [first, other.verifyingKey] {
        #expect(throws: KeyStoreError(.invalidArgument, "")) { try store.rotateSigningKey(to: key, createdAt: 2) }
      }
      #expect(throws: KeyStoreError(.signingElsewhere, "")) { _ = try store.signingKey }
      try store.rotate(.person, createdAt: 2)
      try store.rotateMasterKey(to: master(2), createdAt: 3)
    }
    let line = try #require(keyringLines(folder).first { $0.hasPrefix("key signing/2 ") })
    #expect(line == "key signing/2 1 - - \(Base64.encode(other.verifyingKey.bytes))")
    for access in [KeyStore.Access.listing, .reading, .writing] {
      let store = try KeyStore.open(at: folder.keys, origin: origin, master: master(2), access: access)
      #expect(store.verifyingKeys.last?.isElsewhere == true)
      #expect(throws: KeyStoreError(.signingElsewhere, "")) { _ = try store.signingKey }
    }
    let store = try reopen(folder, master(2))
    try store.rotateSigningKey(createdAt: 4)
    #expect(try store.signingKey.verifyingKey == store.verifyingKeys.last?.key && store.verifyingKeys.count == 3)
  }
}
