import Glibc
import LedgerTestSupport
import Testing

/// Keys in a hardware module, which software plays here.
@Suite(.enabled(if: SoftToken.isThere, "the packages softhsm2 and opensc are not installed"))
struct TokenKeyTests {
  private let folder = TemporaryFolder()
  private let token: SoftToken
  private var path: String { "\(folder.path)/ledger" }

  init() throws { token = try SoftToken() }

  private func run(_ arguments: String..., key: String) throws -> ProgramResult {
    try runProgram(arguments + ["--ledger", path, "--master-key", key], environment: token.environment)
  }

  @Test("The master key follows from one that never leaves the token") func masterKey() throws {
    for label in ["master", "next"] { try token.makeSecretKey(label) }
    let made = try run("init", "--origin", "ledger.example.org", key: token.uri("master"))
    #expect(made.status == 0, "\(made.error)")
    #expect(try !#require(TemporaryFolder.names(in: "\(path)/keys")).contains("master.key"))
    for command in ["verify", "audit"] {
      let read = try run(command, key: token.uri("master"))
      #expect(read.status == 0, "\(command): \(read.error)")
    }
    let other = try run("key", "list", key: token.uri("next"))
    #expect(other.status == 3 && other.error.contains("fingerprint"), "\(other.error)")

    let rotated = try run("key", "rotate-master", "--to", token.uri("next"), key: token.uri("master"))
    #expect(rotated.status == 0, "\(rotated.error)")
    #expect(try run("key", "list", key: token.uri("master")).status == 3)
    #expect(try run("key", "list", key: token.uri("next")).status == 0)
  }

  @Test("What is wrong with the token is said") func wrongToken() throws {
    try token.makeSecretKey("master")
    #expect(try run("init", "--origin", "ledger.example.org", key: token.uri("master")).status == 0)
    let wrong = "\(folder.path)/wrong"
    TestFile.write(Array("9999".utf8), to: wrong)
    let open = "\(folder.path)/open"
    TestFile.write(Array("5678".utf8), to: open)
    #expect(unsafe chmod(open, 0o644) == 0)
    let module = SoftToken.module
    for (key, reason) in [
      (token.uri("master", pin: wrong), "the PIN is wrong"), (token.uri("master", pin: open), "chmod 600"),
      (token.uri("master", pin: "\(folder.path)/none"), "does not exist"), (token.uri("none"), "no such key"),
      (token.uri("master", token: "none"), "no such token"),
      ("pkcs11:token=ledger;object=master?module-path=\(module)", "without its PIN"),
      ("pkcs11:object=master?module-path=/bin/sh", "cannot"), ("pkcs11:object=master?module-path=/none.so", "none.so"),
    ] {
      let refused = try run("key", "rotate-signing", key: key)
      #expect(refused.status == 3, "\(key): \(refused.output)")
      #expect(refused.error.contains(reason), "\(key): \(refused.error)")
      #expect(!refused.error.contains("5678") && !refused.error.contains("9999"))
    }
  }
}
