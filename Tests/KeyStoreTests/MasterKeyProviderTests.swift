import Glibc
import KeyStore
import LedgerCrypto
import TestSupport
import Testing

@Suite("Master keys from elsewhere")
struct MasterKeyProviderTests {
  private let text = Array(Hex.encode([UInt8](repeating: 1, count: 32)).utf8)

  @Test("A variable is overwritten and unset when its key is taken")
  func variable() throws {
    let name = "CREDLEDGER_TEST_KEY"
    unsafe setenv(name, String(decoding: text, as: UTF8.self), 1)
    let value = try unsafe #require(getenv(name))
    let key = try #require(GivenMasterKey(takingVariable: name))
    #expect(unsafe getenv(name) == nil)
    #expect(unsafe strlen(value) == 0)
    #expect(GivenMasterKey(takingVariable: name) == nil)
    try opens(.provider(key))
  }

  @Test("A descriptor is read to its end and closed; more than a key is refused")
  func descriptor() throws {
    let folder = TemporaryFolder.inMemory()
    try writeFile(folder.path + "/key", text + [0x0A])
    try writeFile(folder.path + "/long", [UInt8](repeating: 0x30, count: 5_000))
    let file = unsafe open(folder.path + "/key", O_RDONLY | O_CLOEXEC)
    try opens(.provider(try GivenMasterKey(readingDescriptor: file)))
    #expect(throws: MasterKeyUnavailable.self) { _ = try GivenMasterKey(readingDescriptor: -1) }
    let long = unsafe open(folder.path + "/long", O_RDONLY | O_CLOEXEC)
    #expect(throws: MasterKeyUnavailable.self) { _ = try GivenMasterKey(readingDescriptor: long) }
  }

  private struct Service: MasterKeyProvider {
    let answer: [UInt8]?
    var place: String { "the service" }
    func masterKey() throws(MasterKeyUnavailable) -> Secret {
      guard let answer else { throw MasterKeyUnavailable("the service is away") }
      return Secret(copying: answer)
    }
  }

  @Test("A provider gives text or the bytes themselves, or says why not")
  func provider() throws {
    try opens(.provider(Service(answer: text)))
    try opens(.provider(Service(answer: [UInt8](repeating: 1, count: 32))))
    let folder = TemporaryFolder.inMemory()
    _ = try create(folder)
    for (answer, code, reason) in [
      ([UInt8]?.none, KeyStoreError.Code.masterKeyMissing, "the service is away"),
      ([1, 2], .masterKeyMalformed, "the service"), ([], .masterKeyMissing, "the service"),
    ] {
      let error = #expect(throws: KeyStoreError.self) { _ = try reopen(folder, .provider(Service(answer: answer))) }
      #expect(error?.code == code && error?.reason.contains(reason) == true, "\(error?.reason ?? "")")
    }
  }

  @Test("A file may be a link, as a platform mounts it")
  func file() throws {
    let folder = TemporaryFolder.inMemory()
    try writeFile(folder.path + "/key", text)
    try #require(unsafe symlink(folder.path + "/key", folder.path + "/link") == 0)
    try opens(.file(folder.path + "/link"))
  }

  private func opens(_ source: MasterKey.Source) throws {
    let folder = TemporaryFolder.inMemory()
    _ = try create(folder)
    _ = try reopen(folder, source)
  }

  @Test(
    "Keys in modules are named by URIs",
    arguments: [
      ("pkcs11:object=a", "module-path"), ("pkcs11:object=a?module-path=relative", "module-path"),
      ("pkcs11:token=t?module-path=/m", "object or id"), ("pkcs11:object=a?module-path=/m&pin-value=1", "pin-source"),
      ("pkcs11:object=a;object=b?module-path=/m", "once"), ("pkcs11:object=%GG?module-path=/m", "once"),
      ("pkcs11:object=a;slot-id=1?module-path=/m", "slot-id"), ("pkcs11:object=%FF?module-path=/m", "UTF-8"),
      ("pkcs11:object=a?module-path=/m&pin-source=pin", "pin-source"), ("pkcs:object=a", "pkcs11:"),
    ])
  func malformedURI(text: String, reason: String) {
    let error = #expect(throws: KeyStoreError.self) { _ = try PKCS11URI(text) }
    #expect(error?.code == .invalidArgument && error?.field == "pkcs11")
    #expect(error?.reason.contains(reason) == true, "\(error?.reason ?? "")")
  }
}
