import CredentialLedger
import Glibc
import LedgerTestSupport
import Testing

/// A master key that is given in the environment stays with the program.
@Suite struct KeySecrecyTests {
  let folder = TemporaryFolder()
  private let key = String(repeating: "7", count: 64)
  private var path: String { "\(folder.path)/ledger" }
  private var environment: [String] { ["CREDLEDGER_MASTER_KEY=\(key)", "CREDLEDGER_DIR=\(path)"] }

  private func make() throws {
    #expect(try runProgram(["init", "--origin", "ledger.example.org"], environment: environment).status == 0)
  }

  /// A shell script's output, with `$credledger` in it.
  private func shell(_ script: String) throws -> ProgramResult {
    try runProgram(
      ["-c", script], of: "/bin/bash",
      environment: environment + ["credledger=\(try Program.file("credledger"))", "folder=\(folder.path)"])
  }

  @Test("The environment of the running program loses it") func environmentRunning() throws {
    try make()
    // It waits for a line while its environment is looked at.
    let seen = try shell(
      """
      mkfifo "$folder/lines"
      "$credledger" explain - < "$folder/lines" > "$folder/output" 2>&1 &
      exec 3> "$folder/lines"
      for _ in {1..3000}; do
        seen=$(tr '\\0' '\\n' < /proc/$!/environ)
        [[ $seen == *CREDLEDGER_DIR=* && $seen != *\(key)* ]] && break
        sleep 0.1
      done
      echo "$seen"
      echo connector:1 >&3
      exec 3>&-
      wait $!
      """)
    #expect(seen.output.contains("CREDLEDGER_DIR="), "\(seen.output) \(seen.error)")
    #expect(!seen.output.contains(key), "the key is in the environment of the process")
    #expect(try TestFile.text("\(folder.path)/output").contains("not_found"), "the key was there for the program")
  }

  @Test("The program is closed to others") func programClosed() throws {
    try make()
    let seen = try shell(
      """
      ulimit -c unlimited 2>/dev/null
      mkfifo "$folder/lines"
      "$credledger" explain - < "$folder/lines" > /dev/null 2>&1 &
      exec 3> "$folder/lines"
      for _ in {1..3000}; do
        grep -q '^Max core file size *0 *0 ' /proc/$!/limits &&
          { ((EUID == 0)) || [[ $(stat -c '%U' /proc/$!/mem) == root ]]; } && break
        sleep 0.1
      done
      stat -c '%U' /proc/$!/mem
      grep '^Max core file size' /proc/$!/limits
      exec 3>&-
      wait
      """)
    // What is open to debuggers belongs to the user in /proc; as root this shows nothing.
    let lines = seen.output.split(separator: "\n")
    #expect(lines.first == "root" || geteuid() == 0)
    let limits = lines.last?.split(separator: " ").filter { $0 == "0" }.count
    #expect(limits == 2, "\(seen.output)")
  }

  @Test("The program that talks to witnesses is not the one of the path") func programTalks() throws {
    try make()
    let fake = "\(folder.path)/curl"
    TestFile.write(Array("#!/bin/sh\nenv > '\(folder.path)/taken'\nprintf '\\n200'\n".utf8), to: fake)
    #expect(unsafe chmod(fake, 0o755) == 0)
    let search = unsafe getenv("PATH").map { unsafe String(cString: $0) } ?? ""
    let seed = Secret(copying: [UInt8](repeating: 7, count: 32))
    let witness = try VerifierKey(
      name: "witness.example.org", type: .cosignature, key: Ed25519.SigningKey(seed: seed).verifyingKey
    ).description
    let asked = try runProgram(
      ["checkpoint", "--cosign", "http://127.0.0.1:9", "--witness-key", witness],
      environment: environment + ["PATH=\(folder.path):\(search)"])
    #expect(asked.status != 0)
    #expect(unsafe access("\(folder.path)/taken", F_OK) != 0, "\(asked.error)")
  }
}
