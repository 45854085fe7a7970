import ArgumentParser
import CredentialLedger
import LedgerOperations

struct SnapshotCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "snapshot", abstract: "Make, list and drop snapshots of the state.",
    discussion: """
      Snapshots make queries of past states fast. A server makes one for each 500,000 events. A snapshot holds the \
      changes since the one before, is in snapshots/ in the ledger's folder, and needs no backup. An erasure deletes \
      all snapshots; they are made again.

      EXAMPLES
        credledger snapshot make --ledger /var/lib/credledger
        credledger snapshot list --format json
        credledger snapshot drop
      """, subcommands: [Make.self, List.self, Drop.self])
}

extension SnapshotCommand {
  struct Make: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Make a snapshot of the state as it is now.",
      discussion: """
        The ledger is only read. The command is refused while a server makes snapshots of it.

        EXAMPLES
          credledger snapshot make --ledger /var/lib/credledger
        """)

    @OptionGroup var ledger: LedgerOptions
    @OptionGroup var output: FormatOptions

    func run() async throws {
      try await ledger.reading { ledger in
        let bar = ProgressBar(from: nil)
        defer { bar.end() }
        let made = try await ledger.history.snapshots.make { bar.show($0, of: $1) }
        bar.end()
        if let text = output.format.text(made.map { JSON($0) } ?? .null) { return print(text) }
        print(
          made.map { "snapshot at position \($0.position), \(count($0.rows, "row"))" }
            ?? "the newest snapshot is up to date")
      }
    }
  }

  struct List: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "List the snapshots, after their digests were checked.",
      discussion: """
        EXAMPLES
          credledger snapshot list --ledger /var/lib/credledger
        """)

    @OptionGroup var ledger: LedgerOptions
    @OptionGroup var output: FormatOptions

    func run() async throws {
      try await ledger.reading { ledger in
        let (snapshots, bytes) = try await ledger.history.snapshots.list()
        let value = JSON.object([
          ("bytes", .number(bytes)), ("snapshots", .array(snapshots.map { JSON($0) })),
        ])
        if let text = output.format.text(value) { return print(text) }
        for snapshot in snapshots {
          print("\(String(snapshot.position).padded(to: 14))\(snapshot.time)  \(count(snapshot.rows, "row"))")
        }
        print("\(count(snapshots.count, "snapshot")), \(count(bytes, "byte"))")
      }
    }
  }

  struct Drop: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Delete all snapshots.",
      discussion: """
        They are made again when they are due; nothing is lost.

        EXAMPLES
          credledger snapshot drop --ledger /var/lib/credledger
        """)

    @OptionGroup var ledger: LedgerOptions
    @OptionGroup var output: FormatOptions

    func run() async throws {
      try await ledger.reading { ledger in
        let dropped = try await ledger.history.snapshots.drop()
        let text = output.format.text(.object([("dropped", .number(UInt64(dropped)))]))
        print(text ?? "\(count(dropped, "snapshot")) dropped")
      }
    }
  }
}

extension JSON {
  fileprivate init(_ snapshot: Snapshot) {
    self = .object([
      ("position", .number(snapshot.position.rawValue)), ("time", .string(snapshot.time.description)),
      ("rows", .number(snapshot.rows)), ("digest", .string(snapshot.digest.hex)),
    ])
  }
}
