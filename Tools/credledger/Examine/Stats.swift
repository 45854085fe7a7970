import ArgumentParser
import CredentialLedger
import LedgerOperations

struct Stats: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Show the size of the ledger, and counts of its events.",
    discussion: """
      Counts the events by type, also while another process writes. Readers is the number of reader slots that all \
      processes have taken, this one included. Not indexed is the number of newest events that are not in the audit \
      index yet; searches read them from the log.

      EXAMPLES
        credledger stats --ledger /var/lib/credledger
        credledger stats --ledger /var/lib/credledger --format json
      """)

  @OptionGroup var ledger: LedgerOptions
  @OptionGroup var output: FormatOptions

  func run() async throws {
    let (statistics, origin, isKeyed) = try await ledger.reading { opened in
      (try await opened.integrity.statistics(), opened.origin, opened.hasKeys)
    }
    let types = statistics.eventsByType.map { ($0.type.name ?? "type \($0.type.rawValue)", $0.count) }
    let value = JSON.object([
      ("origin", .string(origin)), ("events", .number(statistics.events)), ("treeSize", .number(statistics.events)),
      ("root", .string(statistics.root.hex)), ("bytesOnDisk", .number(statistics.bytesOnDisk)),
      ("mapSize", .number(UInt64(statistics.mapSize))), ("readers", .number(UInt64(statistics.readers))),
      ("unindexed", .number(statistics.unindexed)),
      ("archived", .number(statistics.archived)), ("keyed", .bool(isKeyed)),
      ("damagedTables", .array(statistics.damagedTables.map { .string($0) })),
      ("eventsByType", .object(types.map { ($0, .number($1)) })),
    ])
    if let text = output.format.text(value) { return print(text) }
    print("origin         \(origin)")
    print("events         \(statistics.events)")
    print("root           \(statistics.root.hex)")
    print("bytes on disk  \(statistics.bytesOnDisk)")
    print("readers        \(statistics.readers) (slots taken by processes that read)")
    print("not indexed    \(statistics.unindexed) (newest events, which the audit trail lists in batches)")
    if !statistics.damagedTables.isEmpty {
      print(
        "damaged        \(statistics.damagedTables.joined(separator: ", ")): nothing is answered from there until credledger "
          + "replay --rebuild")
    }
    if statistics.archived > 0 { print("archived       \(statistics.archived)") }
    for (name, count) in types { print("  \(name.padded(to: 30))\(count)") }
  }
}
