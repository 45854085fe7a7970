import ArgumentParser
import CredentialLedger
import Glibc

struct Walkthrough: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Play the four steps on a ledger, and check the result.",
    discussion: """
      Two people sign in and verify phones, one creates a connector, the other grants it a group; a program trades the \
      refresh token for an access token; then the grant is revoked. All of it stays in the ledger that --ledger names, which \
      is made if it is not there, and must hold no other events. Without --ledger it works on a temporary one, whatever \
      CREDLEDGER_DIR says, which is removed at the end.

      EXAMPLES
        credledger walkthrough
        credledger walkthrough --format json
        credledger walkthrough --ledger ./ledger --leave-open
      """)

  @OptionGroup var ledger: LedgerOptions
  @OptionGroup var output: FormatOptions
  @Flag(help: "Stop before the revocation, and print the credentials for trying things by hand; with --ledger.")
  var leaveOpen = false

  func validate() throws {
    guard leaveOpen, ledger.folder == nil else { return }
    throw ValidationError("--leave-open: name the ledger by --ledger; a temporary one is removed at the end.")
  }

  func run() async throws {
    // What is invented here stays for good: never in the ledger that CREDLEDGER_DIR names for every command.
    let path = ledger.folder ?? Self.temporaryPath()
    let opened =
      if ledger.folder == nil {
        try await Ledger.create(at: path, origin: "ledger.local")
      } else if unsafe access("\(path)/ledger/data.mdb", F_OK) == 0 {
        try await Ledger.open(at: path, try ledger.configuration(for: .writing))
      } else {
        try await Ledger.create(at: path, origin: "ledger.local", try ledger.configuration(for: .making))
      }
    let isTable = output.format == .table
    defer {
      if ledger.folder == nil { Folder.remove(path) }
    }
    do {
      // The event that made it is no trace of anybody.
      guard try opened.head() == 1 else {
        throw CheckFailed(
          reason:
            "\(path) holds events already; the people of the walkthrough are made up, and their events would stay: "
            + "name a new ledger [already_exists]", code: .alreadyExists)
      }
      if isTable { print("Ledger in \(path)") }
      let play = Play(ledger: opened) { name, position in
        if isTable { print("\(String(position).padded(to: 6))\(name)") }
      }
      let result = try await play.run(revoking: !leaveOpen)
      if let text = output.format.text(result.json) { print(text) } else { result.printTable() }
      await opened.close()
      guard result.proofVerified, result.rebuildMatches else {
        throw CheckFailed(reason: "the proof or the rebuilt state does not match")
      }
    } catch {
      await opened.close()
      throw error
    }
  }

  private static func temporaryPath() -> String {
    let folder = unsafe getenv("TMPDIR").map { unsafe String(cString: $0) } ?? "/tmp"
    return "\(folder)/credledger-walkthrough-\(getpid())-\(UInt32.random(in: 0...UInt32.max))"
  }
}
