import ArgumentParser
import CredentialLedger
import Glibc
import LedgerOperations

struct Simulate: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Fill a new ledger with a history generated from a seed.",
    discussion: """
      People sign in, create connectors and groups, and grant access; then programs get tokens, some connectors far more \
      than others, some with a new refresh token each time; and now and then a token, a family of tokens or a grant is \
      revoked, a connector deleted, a person erased. Every event comes from a real command. The same numbers give the \
      same events: the same root and the same projections. \
      Its keys follow from the seed too, so such a ledger is for trials only.

      EXAMPLES
        credledger simulate --ledger ./trial --events 100000 --seed 7
        credledger simulate --ledger ./trial --events 10000000 --seed 7 --connectors 1000 --groups 200
        credledger simulate --ledger ./trial --events 5000 --seed 7 --format json
      """)

  @OptionGroup var ledger: LedgerOptions
  @OptionGroup var output: FormatOptions
  @Option(
    parsing: .unconditional,
    help: "How many events the ledger is to have, at least what its people and connectors take.")
  var events: UInt64
  @Option(parsing: .unconditional, help: "The seed of the history.")
  var seed: UInt64
  @Option(help: "How many connectors there are at first.")
  var connectors = 100
  @Option(help: "How many groups there are.")
  var groups = 20

  func validate() throws {
    guard events > 0, (1...100_000).contains(connectors), (1...100_000).contains(groups) else {
      throw ValidationError("Expected at least one event, and 1 to 100000 connectors and groups.")
    }
  }

  func run() async throws {
    let path = try ledger.requireFolder()
    let bar = ProgressBar()
    let start = ContinuousClock.now
    var simulation = try await Simulation(at: path, seed: seed, connectors: connectors, groups: groups)
    do {
      try await simulation.run(upTo: events) { bar.show($0, of: events) }
    } catch {
      bar.end()
      await simulation.ledger.close()
      throw error
    }
    bar.end()
    let statistics = try await simulation.ledger.integrity.statistics()
    await simulation.ledger.close()
    let time = ContinuousClock.now - start
    let milliseconds = UInt64(time / .milliseconds(1))
    let value = JSON.object([
      ("ledger", .string(path)), ("seed", .number(seed)), ("events", .number(statistics.events)),
      ("root", .string(statistics.root.hex)), ("milliseconds", .number(milliseconds)),
    ])
    if let text = output.format.text(value) { return print(text) }
    print("events         \(statistics.events)")
    print("root           \(statistics.root.hex)")
    print("a second       \(statistics.events * 1_000 / max(milliseconds, 1))")
  }
}
