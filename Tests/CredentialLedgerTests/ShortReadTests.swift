import Glibc
import LedgerTestSupport
import Synchronization
import Testing

@testable import CredentialLedger
@testable import LedgerOperations

/// What takes long holds up nothing that does not. No test measures time: where an answer had to wait it would wait for
/// ever, and the limit ends the test.
@Suite(.timeLimit(.minutes(30))) struct ShortReadTests {
  let folder = TemporaryFolder()

  /// Holds threads up until it is opened.
  final class Door: Sendable {
    private let isOpen = Mutex(false)
    private let isReached = Mutex(false)

    /// Whether anybody stands before it.
    var hasVisitor: Bool { isReached.withLock { $0 } }

    func open() { isOpen.withLock { $0 = true } }

    func pass() {
      isReached.withLock { $0 = true }
      // Not in a tight loop, which would take a processor from all other tests for as long as the door is shut.
      while !isOpen.withLock({ $0 }) { usleep(1_000) }
    }
  }

  @Test("Audits and PINs are answered while scans take all the time there is") func auditsPINs() async throws {
    let ledger = try await Ledger.create(
      at: folder.path + "/ledger", origin: "ledger.example.org",
      // No PIN expires while the test waits for its turn.
      LedgerConfiguration(clock: { 1_800_000_000_000 }, readerThreads: 2))
    let steps = try await FourSteps(on: ledger)
    let request = try await ledger.phones.requestPIN(for: PhoneNumber("+4915112345679"), by: steps.admin)
    let door = Door()
    let scans = (0..<8).map { _ in Task { try await ledger.blocking { () throws(LedgerError) in door.pass() } } }
    while ledger.log.readers.waiting(.long) < 7 { await Task.yield() }
    #expect(try await ledger.audit.latest(3, of: .account(steps.admin)).count == 3)
    for left in 0..<5 {
      let refused = await #expect(throws: LedgerError.self) {
        try await ledger.phones.verify("x\(left)", challenge: request.challenge, by: steps.admin)
      }
      #expect(refused?.code.rawValue == "wrong_pin")
      #expect(try await ledger.audit.latest(1, of: .type(.phonePINRejected)).count == 1)
    }
    #expect(try await ledger.accounts.signIn(issuer: "https://id.example.org", subject: "new").isNew)
    // None of the scans has ended.
    #expect(ledger.log.readers.waiting(.long) == 7)
    door.open()
    for scan in scans { try await scan.value }
    await ledger.close()
  }

  @Test("Audits are answered while an export runs") func auditsAnswered() async throws {
    let ledger = try await Ledger.create(
      at: folder.path + "/ledger", origin: "ledger.example.org", LedgerConfiguration(readerThreads: 2))
    let steps = try await FourSteps(on: ledger)
    let door = Door()
    let path = folder.path + "/export"
    let export = Task {
      try await ledger.backups.export(toFile: path) { _ in door.pass() }
    }
    while !door.hasVisitor { await Task.yield() }
    #expect(try await ledger.audit.latest(3, of: .account(steps.admin)).count == 3)
    door.open()
    #expect(try await export.value.events > 0)
    await ledger.close()
  }
}
