import Glibc
import LedgerTestSupport
import Testing

/// A token in software (SoftHSM), with a folder and a PIN of its own.
struct SoftToken {
  static let module = "/usr/lib/softhsm/libsofthsm2.so"
  /// Whether the programs that make one are installed.
  static let isThere =
    unsafe access(module, R_OK) == 0 && Program.run("sh", ["-c", "command -v pkcs11-tool softhsm2-util"])

  private let folder = TemporaryFolder()
  /// To be set for each program that uses the token.
  let environment: [String]
  var pinFile: String { "\(folder.path)/pin" }

  init() throws {
    environment = ["SOFTHSM2_CONF=\(folder.path)/conf"]
    TestFile.write(Array("directories.tokendir = \(folder.path)\nlog.level = ERROR\n".utf8), to: "\(folder.path)/conf")
    TestFile.write(Array("5678\n".utf8), to: "\(folder.path)/pin")
    try run("softhsm2-util", "--init-token", "--free", "--label", "ledger", "--so-pin", "1234", "--pin", "5678")
  }

  /// Makes a secret key that may sign and never leaves the token.
  func makeSecretKey(_ label: String) throws {
    try tool("--keygen", "--key-type", "GENERIC:32", "--sensitive", "--private", "--usage-sign", "--label", label)
  }

  /// Makes an Ed25519 key.
  func makeSigningKey(_ label: String) throws {
    try tool("--keypairgen", "--key-type", "EC:edwards25519", "--usage-sign", "--label", label)
  }

  private func tool(_ arguments: String...) throws {
    try run(
      "pkcs11-tool", ["--module", Self.module, "--token-label", "ledger", "--login", "--pin", "5678"] + arguments)
  }

  func uri(_ label: String, token: String = "ledger", pin: String? = nil) -> String {
    "pkcs11:token=\(token);object=\(label)?module-path=\(Self.module)&pin-source=file:\(pin ?? pinFile)"
  }

  private func run(_ program: String, _ arguments: String...) throws { try run(program, arguments) }

  private func run(_ program: String, _ arguments: [String]) throws {
    let result = try runProgram([program] + arguments, of: "/usr/bin/env", environment: environment)
    try #require(result.status == 0, "\(result.output) \(result.error)")
  }
}
