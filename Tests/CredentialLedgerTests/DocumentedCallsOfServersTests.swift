import CredentialLedger
import EventLog
import LedgerTestSupport
import Testing

/// The examples in the doc comments on what servers ask, line by line.
@Suite struct DocumentedCallsOfServersTests {
  let folder = TemporaryFolder()

  /// The examples print nothing here.
  private func print(_ values: any Sendable...) { #expect(!values.isEmpty) }

  @Test("Health, and who a client is") func healthClient() async throws {
    let clock = SteppedClock()
    var configuration = clock.configuration
    // Nothing is signed unless it is asked for.
    configuration.checkpoints = CheckpointPolicy(events: .max, interval: .max)
    let ledger = try await Ledger.create(
      at: "\(folder.path)/ledger", origin: "ledger.example.org", configuration)
    let steps = try await FourSteps(on: ledger)
    let (clientID, secret) = (steps.connector.publicID, steps.secret)

    let client = try ledger.connectors.authenticate(clientID, secret: secret)
    #expect(client.id == steps.connector.id)
    try ledger.connectors.check(clientID, secret: secret)
    #expect(try ledger.connectors.check(clientID, secret: secret) == client.id)
    for (id, secret) in [(clientID, ConnectorSecret("wrong")), (steps.group.publicID, secret)] {
      #expect { try ledger.connectors.authenticate(id, secret: secret) } throws: { error in
        (error as? LedgerError)?.code.kind == .invalidClient
      }
      #expect { try ledger.connectors.check(id, secret: secret) } throws: { error in
        (error as? LedgerError)?.code.kind == .invalidClient
      }
    }
    if LedgerError.Code.busy.kind == .unavailable { print("try again") }

    let isReady = try ledger.health.fault == nil
    #expect(isReady)
    let health = try ledger.health
    #expect(health.head == (try ledger.head()))
    #expect(health.signedSize < health.head.rawValue)
    #expect(health.unsignedSince != nil)
    _ = try await ledger.checkpoint()
    #expect(try ledger.health.signedSize == health.head.rawValue)
    #expect(try ledger.health.unsignedSince == nil)

    clock.step(seconds: -3_600)
    #expect(try ledger.health.fault == .clockStepped)
    await ledger.close()
  }

  @Test("Ledgers that share their readers") func sharedReaders() async throws {
    let (first, second) = (folder.path + "/first", folder.path + "/second")
    for path in [first, second] {
      await (try await Ledger.create(at: path, origin: "ledger.example.org", LedgerConfiguration())).close()
    }
    let readers = SharedReaders(threads: 8)
    let one = try await Ledger.open(at: first, LedgerConfiguration(sharedReaders: readers))
    let other = try await Ledger.open(at: second, LedgerConfiguration(sharedReaders: readers))
    for ledger in [one, other] { #expect(try await ledger.integrity.verify().projectionsMatch) }
    await one.close()
    await other.close()
  }
}
