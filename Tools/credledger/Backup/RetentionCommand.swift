import ArgumentParser
import CredentialLedger
import LedgerOperations

struct RetentionCommand: DoorCommand {
  static let configuration = CommandConfiguration(
    commandName: "retention",
    abstract: "Remove records of long expired tokens from the live file, once an archive has them.",
    discussion: """
      Prints which records would be removed, and changes nothing; --apply removes them. These are the records of \
      access tokens that expired longer ago than --older-than: token.issued, and token.revoked of such a token alone. \
      The archive is read whole first, and each segment is verified against the ledger's own tree.

      The tree, its proofs and the audit trail's index stay. What needs such a record later reads it from the archive that \
      --archive names, or says in which segment it is. Keep the archive as you keep the ledger: it is the only home of these \
      records, and so of whatever personal data is sealed in them; an erasure destroys the key as ever.

      The file does not shrink: what becomes free in it is used for what is written next, and a backup leaves it out. The \
      newest 1,024 records always stay. A run that is stopped anywhere does no harm, and another goes on. A server that has the \
      ledger open performs --apply itself, on the archive that it was started with; no other can be named then.

      Exit status: 1 where the archive is damaged, of another ledger or history, or does not have yet what would leave (add \
      to it by credledger archive), and for a policy under a day; nothing is changed then.

      EXAMPLES
        credledger archive /backup/archive --ledger /var/lib/credledger
        credledger retention --archive /backup/archive --older-than 90d --ledger /var/lib/credledger
        credledger retention --archive /backup/archive --older-than 90d --apply --ledger /var/lib/credledger
        credledger retention --archive /backup/archive --older-than 52w --format json
      """)

  @OptionGroup var ledger: LedgerOptions
  @OptionGroup(title: "Who and why") var by: OperatorOptions
  @OptionGroup var output: FormatOptions
  @Option(help: "How long ago a token must have expired, such as 90d or 12w; a day or more.")
  var olderThan: AgeArgument
  @Flag(help: "Remove them; without it nothing is changed.")
  var apply = false

  // The plan reads beside the server.
  var changesLedger: Bool { apply }

  func run() async throws {
    guard let archive = try DoorSession.current?.archive(named: ledger.archive) ?? ledger.namedArchive else {
      throw ValidationError("Name the archive by --archive DIR, or set CREDLEDGER_ARCHIVE.")
    }
    let policy = RetentionPolicy(olderThan: olderThan.duration)
    let report = try await Transfer.showing { [self] observe in
      if apply {
        return try await ledger.writing(by) {
          try await $0.retention.apply(policy, archive: archive, context: $1, progress: observe)
        }
      }
      return try await ledger.reading { try await $0.retention.plan(policy, archive: archive, progress: observe) }
    }
    output.format.show(json(report, archive), lines(report))
  }

  private func json(_ report: RetentionReport, _ archive: String) -> JSON {
    .object([
      ("applied", .bool(apply)), ("olderThanSeconds", .number(UInt64(olderThan.duration.components.seconds))),
      ("expiredBy", .string("\(report.expiredBy)")), ("archive", .string(archive)),
      ("archiveSegments", .number(UInt64(report.segments))), ("archivePosition", .number(report.position.rawValue)),
      ("records", .number(report.records)), ("bytes", .number(report.bytes)),
      ("archivedBefore", .number(report.archivedBefore)),
      (
        "segments",
        .array(
          report.shares.map { share in
            .object(
              JSON.members(of: share.place) + [("records", .number(share.records)), ("bytes", .number(share.bytes))])
          })
      ), ("events", .array(report.events.map { .number($0.rawValue) })),
    ])
  }

  private func lines(_ report: RetentionReport) -> [String] {
    let tokens = "of tokens that had expired by \(report.expiredBy)"
    var lines = ["\(count(report.records, "record")) \(tokens) \(apply ? "left" : "would leave") the live file"]
    lines += report.shares.map { share in
      "  segment \(share.place.segment), events \(share.place.positions.lowerBound) to "
        + "\(share.place.positions.upperBound): \(count(share.records, "record")), \(count(share.bytes, "byte"))"
    }
    lines.append(
      "the archive, \(count(report.segments, "segment")) up to event \(report.position), agrees with the ledger; "
        + "\(count(report.archivedBefore, "record")) had left before")
    if report.records > 0 {
      lines.append(
        "up to \(report.bytes) bytes \(apply ? "are" : "become") free in the file for what is written next; the file itself "
          + "does not shrink, a backup of it is smaller")
    }
    if apply {
      if let first = report.events.first { lines.append("retention.applied is event \(first)\(Self.further(report))") }
    } else {
      lines.append("nothing was changed; --apply removes them")
    }
    return lines
  }

  private static func further(_ report: RetentionReport) -> String {
    report.events.count > 1 ? ", and \(report.events.count - 1) more" : ""
  }
}

/// How long ago, such as `90d` or `1w12h`.
struct AgeArgument: ExpressibleByArgument {
  let duration: Duration

  init?(argument: String) {
    guard let duration = Duration(spelled: argument) else { return nil }
    self.duration = duration
  }
}

extension JSON {
  /// The members by which a segment of an archive is named.
  static func members(of place: ArchivePlace) -> [(String, JSON)] {
    [
      ("segment", .number(place.segment)), ("first", .number(place.positions.lowerBound.rawValue)),
      ("last", .number(place.positions.upperBound.rawValue)),
    ]
  }
}
