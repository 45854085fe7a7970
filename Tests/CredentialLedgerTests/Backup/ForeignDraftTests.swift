import Glibc
import LedgerTestSupport
import Testing

@testable import CredentialLedger

/// Folders that somebody else has put where a ledger or a backup is about to be made.
@Suite("Drafts in a folder that others share", .enabled(if: geteuid() == 0, "only root can make another user's files"))
struct ForeignDraftTests {
  private let shared = TemporaryFolder()
  private var target: String { "\(shared.path)/ledger" }

  init() {
    #expect(unsafe chmod(shared.path, 0o1777) == 0)
  }

  /// A folder of another user that everybody may enter.
  private func plant(_ name: String) {
    let path = "\(shared.path)/\(name)"
    #expect(unsafe mkdir(path, 0o777) == 0 && chmod(path, 0o777) == 0)
    #expect(unsafe mkdir("\(path)/theirs", 0o777) == 0)
    #expect(unsafe chown(path, 54_321, 54_321) == 0)
  }

  private func status(_ path: String) -> stat {
    var status = stat()
    #expect(unsafe lstat(path, &status) == 0, "\(path)")
    return status
  }

  @Test("A ledger is never made in a folder of somebody else's")
  func planted() async throws {
    let names = ["ledger.credledger-part", "ledger.credledger-part-0123456789abcdef", "ledger.new-4999999-7"]
    for name in names { plant(name) }
    let ledger = try await Ledger.create(at: target, origin: "ledger.example.org")
    await ledger.close()
    for path in [target, "\(target)/keys", "\(target)/ledger"] {
      #expect(status(path).st_uid == geteuid(), "\(path)")
      #expect(status(path).st_mode & 0o7777 == 0o700, "\(path)")
    }
    for name in names {
      #expect(status("\(shared.path)/\(name)").st_uid == 54_321)
      #expect(TemporaryFolder.names(in: "\(shared.path)/\(name)") == ["theirs"])
    }
  }
}
