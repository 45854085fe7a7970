import Glibc
import LedgerTestSupport
import Testing

/// The key that signs checkpoints, in a hardware module that software plays, and behind a program.
@Suite(.enabled(if: SoftToken.isThere, "the packages softhsm2 and opensc are not installed"))
struct ExternalSigningTests {
  private let folder = TemporaryFolder()
  private let token: SoftToken
  private var path: String { "\(folder.path)/ledger" }

  init() throws { token = try SoftToken() }

  private func run(_ arguments: String..., key: String? = nil) throws -> ProgramResult {
    try runProgram(
      arguments + ["--ledger", path],
      environment: token.environment + (key.map { ["CREDLEDGER_SIGNING_KEY_SOURCE=\($0)"] } ?? []))
  }

  @Test("Checkpoints are signed by a key that never leaves the token") func checkpointsSigned() throws {
    try token.makeSigningKey("signing")
    let uri = token.uri("signing")
    #expect(try run("init", "--origin", "ledger.example.org").status == 0)
    for wrong in [token.uri("none"), token.uri("signing", token: "none"), "command:/bin/false"] {
      let refused = try run("key", "rotate-signing", "--external", wrong, "--public-key", "AAAA")
      #expect(refused.status != 0, "\(refused.output)")
      let unreachable = try run("key", "rotate-signing", "--external", wrong)
      #expect(unreachable.status != 0 && !unreachable.error.contains("5678"), "\(unreachable.error)")
    }
    #expect(try run("key", "list").output.split(separator: "\n").count == 2)

    let rotated = try run("key", "rotate-signing", "--external", uri)
    #expect(rotated.status == 0, "\(rotated.error)")
    let key = try #require(rotated.output.split(separator: "\n").first.map(String.init))
    #expect(try run("key", "list", "--newest").output == key + "\n")
    let listed = try run("key", "list", "--format", "json")
    try expectDocuments(listed.output, match: "key")
    #expect(listed.output.contains("\"external\": true"))
    // The event of the rotation is signed by the key in the token.
    let note = try run("checkpoint", "--out", "\(folder.path)/checkpoint")
    #expect(note.status == 0, "\(note.error)")
    let check = try runProgram(
      ["checkpoint", "\(folder.path)/checkpoint", "--key", key], of: Repository.path + "/Tools/checks/verify-proofs")
    #expect(check.status == 0, "\(check.output) \(check.error)")
    #expect(try run("verify", "--verifier-key", key, key: uri).status != 0, "the first one is by the first key")

    // Out of reach, what is recorded stays unsigned, which is said; then it is signed.
    let changed = try run("account", "list")
    #expect(changed.status == 0, "\(changed.error)")
    let walk = try run("key", "rotate", "lookup")
    #expect(walk.status == 0, "\(walk.error)")
    let unsigned = try run("checkpoint")
    #expect(unsigned.status != 0 && unsigned.error.contains("signing_unavailable"), "\(unsigned.error)")
    let signed = try run("checkpoint", key: uri)
    #expect(signed.status == 0, "\(signed.error)")
    #expect(try run("verify").status == 0)
  }

  @Test("A program signs") func aProgramSigns() throws {
    let (pem, script) = ("\(folder.path)/key.pem", "\(folder.path)/sign")
    #expect(Program.run("openssl", ["genpkey", "-algorithm", "ed25519", "-out", pem]))
    TestFile.write(
      Array("#!/bin/sh\nopenssl pkeyutl -sign -inkey \"$1\" -rawin -in /dev/stdin\n".utf8), to: script)
    #expect(unsafe chmod(script, 0o700) == 0)
    let told = try runProgram(
      ["-c", "openssl pkey -in '\(pem)' -pubout -outform DER | tail -c 32 | base64"], of: "/bin/sh")
    let publicKey = try #require(told.output.split(separator: "\n").first.map(String.init))
    #expect(try run("init", "--origin", "ledger.example.org").status == 0)
    let source = "command:\(script) \(pem)"
    let unknown = try run("key", "rotate-signing", "--external", source)
    #expect(unknown.status == 1 && unknown.error.contains("the public key"), "\(unknown.status) \(unknown.error)")
    let rotated = try run("key", "rotate-signing", "--external", source, "--public-key", publicKey)
    #expect(rotated.status == 0, "\(rotated.error)")
    #expect(try run("key", "rotate", "lookup", key: source).status == 0)
    let verified = try run("verify", "--format", "json")
    #expect(verified.status == 0 && verified.output.contains("\"sound\": true"), "\(verified.output)")
    #expect(try run("checkpoint", "--format", "json", key: source).status == 0)
    #expect(try run("checkpoint", "--signing-key", "nowhere").status == 2)
  }
}
