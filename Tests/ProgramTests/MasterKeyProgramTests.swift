import Glibc
import LedgerTestSupport
import Testing

/// A new master key is never where nobody looks for it.
@Suite struct MasterKeyProgramTests {
  let folder = TemporaryFolder()
  private let old = "CREDLEDGER_MASTER_KEY=\(String(repeating: "7", count: 64))"
  private let new = String(repeating: "8", count: 64)
  private var path: String { "\(folder.path)/ledger" }

  private func run(_ arguments: String..., environment: [String] = []) throws -> ProgramResult {
    try runProgram(arguments + ["--ledger", path], environment: environment)
  }

  @Test("One from the environment is not replaced by one that nobody finds") func environmentReplaced() throws {
    #expect(try run("init", environment: [old]).status == 0)
    let before = try run("key", "list", environment: [old]).output
    let refused = try run("key", "rotate-master", environment: [old])
    #expect(refused.status == 2)
    #expect(refused.error.contains("CREDLEDGER_MASTER_KEY") && refused.error.contains("--to-environment"))
    #expect(try run("key", "list", environment: [old]).output == before)
    #expect(try !#require(TemporaryFolder.names(in: "\(path)/keys")).contains("master.key"))
    #expect(try run("key", "rotate-master", "--to-key-folder", "--to-environment", "X", environment: [old]).status == 2)

    // A variable may be set for this one command, as by NAME=$(openssl rand -hex 32) before it.
    let prepared = try run("key", "rotate-master", "--to-environment", "NEW_KEY", environment: [old, "NEW_KEY=\(new)"])
    #expect(prepared.status == 0 && prepared.output.contains("nothing was changed"), "\(prepared.output)")
    #expect(try run("key", "list", environment: [old]).output == before)
    let fingerprint = try #require(prepared.output.split(separator: "\n").first)
    let digits = String(try #require(fingerprint.split(separator: " ").last))
    let another = try run(
      "key", "rotate-master", "--to-environment", "NEW_KEY", "--confirm", digits,
      environment: [old, "NEW_KEY=\(String(repeating: "9", count: 64))"])
    #expect(another.status == 1 && another.error.contains("nothing was changed"), "\(another.error)")
    #expect(try run("key", "list", environment: [old]).output == before)
    let rotated = try run(
      "key", "rotate-master", "--to-environment", "NEW_KEY", "--confirm", digits, environment: [old, "NEW_KEY=\(new)"])
    #expect(rotated.status == 0, "\(rotated.error)")
    for text in ["variable NEW_KEY", "set CREDLEDGER_MASTER_KEY", "keep a copy elsewhere; the old copy opens"] {
      #expect(rotated.output.contains(text), "\(rotated.output)")
    }
    #expect(try run("key", "list", environment: [old]).status == 3)
    let listed = try run("key", "list", environment: ["CREDLEDGER_MASTER_KEY=\(new)"])
    #expect(fingerprint.hasPrefix("master key fingerprint ") && listed.output.contains(fingerprint))
    #expect(!rotated.output.contains(new))

    let drawn = try run("key", "rotate-master", "--to-key-folder", environment: ["CREDLEDGER_MASTER_KEY=\(new)"])
    #expect(drawn.status == 0, "\(drawn.error)")
    #expect(drawn.output.contains("\(path)/keys/master.key") && drawn.output.contains("is not set"))
    #expect(try run("key", "list").output.contains(#require(drawn.output.split(separator: "\n").first)))
  }

  @Test("Where the new one is is said") func whereTheNewOneIsIsSaid() throws {
    #expect(try run("init").status == 0)
    for format in ["json", "ndjson"] {
      let rotated = try run("key", "rotate-master", "--format", format)
      #expect(rotated.status == 0, "\(rotated.error)")
      try expectDocuments(rotated.output, match: "key-rotate-master")
      #expect(rotated.output.contains("keys/master.key"))
    }
    let file = "\(folder.path)/key"
    #expect(Program.run("bash", ["-c", "umask 077; echo \(new) > '\(file)'"]))
    let rotated = try run("key", "rotate-master", "--to-file", file)
    #expect(rotated.output.contains("it is in \(file), and not stored"), "\(rotated.error)")
  }

  @Test("A key that is replaced does not stay in the folder") func keyReplaced() throws {
    #expect(try run("init").status == 0)
    let (own, file) = ("\(path)/keys/master.key", "\(folder.path)/key")
    TestFile.write(Array(new.utf8), to: file)
    #expect(try run("key", "rotate-master", "--to-file", file).status == 0)
    #expect(unsafe access(own, F_OK) != 0, "the old key is gone, and is not taken for the present one")
    let source = "CREDLEDGER_MASTER_KEY_SOURCE=file:\(file)"
    #expect(try run("key", "list", environment: [source]).status == 0)
    // The file named may be the one in the folder.
    TestFile.write(Array(String(repeating: "9", count: 64).utf8), to: own)
    #expect(try run("key", "rotate-master", "--to-file", own, environment: [source]).status == 0)
    #expect(try run("key", "list").status == 0)
  }

  @Test("The key comes from where it is said to be") func keyComes() throws {
    let file = "\(folder.path)/key"
    TestFile.write(Array(new.utf8), to: file)
    let given = try run("init", "--master-key", "file:\(file)")
    #expect(given.status == 0, "\(given.error)")
    let script = "\(folder.path)/fetch"
    TestFile.write(Array("#!/bin/sh\n[ -z \"$CREDLEDGER_DIR\" ] && cat \"$1\"\n".utf8), to: script)
    #expect(unsafe chmod(script, 0o700) == 0)
    #expect(unsafe mkdir("\(folder.path)/credentials", 0o700) == 0)
    for name in ["credledger.master-key", "other"] {
      TestFile.write(Array(new.utf8), to: "\(folder.path)/credentials/\(name)")
    }
    let credentials = "CREDENTIALS_DIRECTORY=\(folder.path)/credentials"
    for (arguments, environment) in [
      (["--master-key", "file:\(file)"], []), (["--master-key", "environment:X"], ["X=\(new)"]),
      (["--master-key", "command:\(script) \(file)"], ["CREDLEDGER_DIR=x"]), ([], [credentials]),
      (["--master-key", "credential:other"], [credentials]), ([], ["CREDLEDGER_MASTER_KEY_SOURCE=file:\(file)"]),
    ] {
      // Verification works in a process of its own, which needs the key as well.
      for command in [["key", "list"], ["verify"], ["audit", "--reveal"]] {
        let result = try runProgram(command + ["--ledger", path] + arguments, environment: environment)
        #expect(result.status == 0, "\(command) \(arguments) \(environment): \(result.error)")
      }
    }
    let through = try runProgram(
      [
        "-c", "\"$0\" verify --ledger '\(path)' --master-key descriptor:3 3< '\(file)'", try Program.file("credledger"),
      ],
      of: "/bin/bash")
    #expect(through.status == 0, "\(through.error)")
    for (wrong, status) in [
      ("nowhere", 2), ("file:\(folder.path)/missing", 3), ("command:cat x", 2), ("command:/bin/false", 3),
      ("command:/nowhere/x", 3), ("credential:none", 3), ("environment:NOT_SET", 3), ("pkcs11:object=x", 2),
    ] {
      let refused = try run("audit", "--reveal", "--master-key", wrong)
      #expect(refused.status == Int32(status), "\(wrong): \(refused.status) \(refused.error)")
      #expect(refused.error.hasPrefix("error: "), "\(refused.error)")
    }
  }
}
