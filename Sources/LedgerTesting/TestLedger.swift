public import CredentialLedger

/// A ledger in a temporary folder, with a clock that the test moves. The folder is removed once nothing refers to the value.
///
/// ```swift
/// try await TestLedger.with { test in
///   let steps = try await FourSteps(on: test)
///   test.clock.advance(by: .seconds(25 * 3_600))
///   let isValid = try test.ledger.tokens.validate(steps.token.accessToken).isValid
/// }
/// ```
public final class TestLedger: Sendable {
  public let ledger: Ledger
  public let clock: TestClock
  public let outbox = PINOutbox()
  /// How ``ledger`` was opened; opening it again by hand takes the same.
  public let configuration: LedgerConfiguration
  private let folder: TestFolder

  /// The ledger's folder.
  public var path: String { folder.path + "/ledger" }

  /// Makes a ledger. Some tens of milliseconds.
  ///
  /// - Parameters:
  ///   - origin: the ledger's name in checkpoints.
  ///   - clock: to be shared where several ledgers are to have one time.
  ///   - configure: changes the configuration, for instance its limits. Its clock is the test's.
  /// - Throws: ``TestFolderFailure``; what `Ledger.create` throws.
  nonisolated(nonsending) public init(
    origin: String = "test.example.org", clock: TestClock = TestClock(),
    configure: (inout LedgerConfiguration) -> Void = { _ in }
  ) async throws {
    let folder = try TestFolder()
    var configuration = LedgerConfiguration(clock: { clock.now.milliseconds })
    configure(&configuration)
    self.folder = folder
    self.clock = clock
    self.configuration = configuration
    ledger = try await Ledger.create(at: folder.path + "/ledger", origin: origin, configuration)
  }

  /// Makes a ledger, hands it to `body`, and closes it afterwards, also after an error. Runs where its caller does, so that `body` may
  /// use what belongs to an actor.
  ///
  /// - Parameters:
  ///   - clock: to be shared where several ledgers are to have one time.
  ///   - configure: changes the configuration.
  ///   - body: what the test does with it.
  /// - Throws: what `body` throws; ``TestFolderFailure``; what `Ledger.create` throws.
  nonisolated(nonsending) public static func with<Result: Sendable>(
    clock: TestClock = TestClock(), configure: (inout LedgerConfiguration) -> Void = { _ in },
    _ body: (TestLedger) async throws -> Result
  ) async throws -> Result {
    let test = try await TestLedger(clock: clock, configure: configure)
    do {
      let result = try await body(test)
      await test.ledger.close()
      return result
    } catch {
      await test.ledger.close()
      throw error
    }
  }
}
