import ArgumentParser
import CredentialLedger
import Glibc
import LedgerOperations

struct Verify: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Check every record, the tree, the checkpoints and the projections.",
    discussion: """
      Hashes every record again, rebuilds the root of the tree, checks each signed checkpoint, and compares each \
      projection with a rebuild from the log. Names the first wrong position and exits with status 1; json and ndjson \
      print it on standard output as well.

      A truncated log, an old copy or a rewritten history is consistent in itself. Only --against, with a checkpoint \
      kept elsewhere, detects these.

      Records that credledger retention removed are read from the archive that --archive names. Without it the tree's \
      hashes stand for them, and the projections are not compared.

      Without the master key the records, the tree, the checkpoints and the structure of the file are checked, and the \
      projections, the checks of their rows and the keyring are not: the output says so (keyed is false), and the status is \
      0 where all else holds. Anybody who can write the keyring could then have put the keys there that the checkpoints are \
      signed by: --verifier-key takes those that were kept elsewhere in their place.

      --since-last FILE verifies only what was recorded since the checkpoint in FILE, and puts the newest checkpoint there once \
      all is sound; the first time it verifies everything. What came before is not read again, and the projections are not \
      compared: run the whole verification from time to time as well. Keep FILE where the ledger is not.

      EXAMPLES
        credledger verify --ledger /var/lib/credledger
        credledger verify --since-last /elsewhere/verified --format json
        credledger verify --ledger /var/lib/credledger --format json
        credledger verify --ledger /var/lib/credledger --against elsewhere/checkpoint
        credledger verify --ledger /var/lib/credledger --archive /backup/archive
        credledger verify --ledger /srv/copy --master-key none --verifier-key ledger.example.org+1fd97d20+Abm5...
      """)

  @Option(help: ArgumentHelp("A checkpoint kept elsewhere; may be repeated.", valueName: "file"), completion: .file())
  var against: [String] = []
  @Option(
    name: .customLong("verifier-key"),
    help: ArgumentHelp(
      "A key of the ledger that was kept elsewhere; may be repeated. Checkpoints are verified by these alone. KEY@SIZE says up to which size a replaced key counts.",
      valueName: "key"))
  var verifierKeys: [String] = []
  @Option(
    help: ArgumentHelp(
      "Verify what was recorded since the checkpoint in this file, which is replaced by the newest; excludes --against and --verifier-key.",
      valueName: "file"), completion: .file())
  var sinceLast: String?
  @OptionGroup var ledger: LedgerOptions
  @OptionGroup var output: FormatOptions

  func validate() throws {
    if sinceLast != nil, !against.isEmpty || !verifierKeys.isEmpty {
      throw ValidationError("--since-last excludes --against and --verifier-key.")
    }
    for key in verifierKeys { try requireKey(key, .ed25519, "--verifier-key") }
  }

  func run() async throws {
    try await output.checking { try await examine() }
  }

  private func examine() async throws {
    let path = try ledger.requireFolder()
    let kept = try against.map { try checkpoint(in: $0, "--against") }
    try ledger.examineApart(path)
    if let sinceLast { return try await examine(since: try OutputFile(sinceLast, "--since-last", of: ledger)) }
    let given = verifierKeys.isEmpty ? nil : verifierKeys
    let (report, extended, isEndKnown) = try await ledger.reading { opened in
      let isEndKnown = try warnOfEnds(in: opened)
      var extended: [UInt64] = []
      for (file, checkpoint) in zip(against, kept) {
        do throws(LedgerError) {
          extended.append(try await opened.integrity.verify(against: checkpoint, verifierKeys: given))
        } catch {
          throw CheckFailed(
            reason: "--against \(file): \(error.reason) [\(error.code)]", code: error.code, position: error.position)
        }
      }
      let bar = ProgressBar(unit: "steps")
      defer { bar.end() }
      do throws(LedgerError) {
        return (
          try await opened.integrity.verify(verifierKeys: given) { done, total in
            bar.show(done, of: total)
          }, extended, isEndKnown
        )
      } catch {
        switch error.code {
        case .damaged: throw CheckFailed(damage: error)
        case .keysMissing: throw CheckFailed(reason: error.reason, code: error.code)
        default: throw error
        }
      }
    }
    show(report, extended, isEndKnown)
    guard report.projectionsMatch else {
      throw CheckFailed(
        reason: "the live projections are not what the log makes of them; rebuild them", code: .damaged, isTold: true)
    }
  }

  /// Verifies what is new, and keeps the checkpoint up to which all was sound.
  private func examine(since file: OutputFile) async throws {
    guard file.kind == .file || file.kind == .new else {
      throw ValidationError("--since-last: expected the name of a file.")
    }
    let known = file.kind == .file ? try checkpoint(in: file.path, "--since-last") : nil
    let (value, note) = try await ledger.reading { opened -> (SinceLast?, String?) in
      let bar = ProgressBar(unit: "events")
      defer { bar.end() }
      do throws(LedgerError) {
        // Taken first: what is recorded meanwhile is verified the next time.
        let note = try opened.latestCheckpoint()
        guard let known else {
          let report = try await opened.integrity.verify { bar.show($0, of: $1) }
          guard report.projectionsMatch else { return (nil, note) }
          return (SinceLast(since: 0, report.events, report.root.hex, report.checkpoints), note)
        }
        let report = try await opened.integrity.verify(since: known) { bar.show($0, of: $1) }
        return (SinceLast(since: report.since, report.events, report.root.hex, report.checkpoints), note)
      } catch {
        switch error.code {
        case .damaged: throw CheckFailed(damage: error)
        case .behindCheckpoint, .contradictsCheckpoint, .invalidCheckpoint, .keysMissing:
          throw CheckFailed(
            reason: "--since-last \(file.path): \(error.reason) [\(error.code)]", code: error.code,
            position: error.position)
        default: throw error
        }
      }
    }
    guard let value else {
      throw CheckFailed(
        reason: "the live projections are not what the log makes of them; rebuild them", code: .damaged)
    }
    if let note { try await file.write(Array(note.utf8), replacing: true) }
    output.format.show(value.json, [value.line])
  }

  /// Tells of each key that was given without the size up to which it counts, unless the keyring shows that it is in use: what
  /// a replaced key signs later may be a thief's.
  ///
  /// - Returns: whether the end of all of them is known.
  private func warnOfEnds(in opened: Ledger) throws(LedgerError) -> Bool {
    // Anybody could have written a keyring that was not authenticated.
    let known = opened.hasKeys ? try opened.verifierKeys : []
    var isKnown = true
    for key in verifierKeys where !key.contains("@") && !known.contains(key) {
      isKnown = false
      let name = key.split(separator: "+").prefix(2).joined(separator: "+").printable
      let end = known.first { $0.hasPrefix("\(key)@") }?.split(separator: "@").last
      write(
        end.map { "warning: the key \(name) was replaced at the size \($0): give it as KEY@\($0)\n" }
          ?? "warning: the end of the key \(name) is not known; if the ledger has replaced it since, what it signed later may "
          + "be a thief's: KEY@SIZE says up to which size it counts\n", to: STDERR_FILENO)
    }
    return isKnown
  }

  private func show(_ report: VerificationReport, _ extended: [UInt64], _ isEndKnown: Bool) {
    var members: [(String, JSON)] = [
      ("sound", .bool(report.projectionsMatch)),
      ("events", .number(report.events)), ("root", .string(report.root.hex)),
      ("checkpoints", .number(UInt64(report.checkpoints))), ("keyed", .bool(report.isKeyed)),
    ]
    if !verifierKeys.isEmpty { members.append(("keyEndKnown", .bool(isEndKnown))) }
    if report.rebuilt != nil { members.append(("projectionsMatch", .bool(report.projectionsMatch))) }
    if let segments = report.archivedIn {
      members.append(
        (
          "archived",
          .object([
            ("records", .number(report.archived)), ("firstSegment", .number(segments.lowerBound)),
            ("lastSegment", .number(segments.upperBound)), ("read", .bool(ledger.namedArchive != nil)),
          ])
        ))
    }
    if !extended.isEmpty { members.append(("against", .array(extended.map { .number($0) }))) }
    if let text = output.format.text(.object(members)) { return print(text) }
    print("\(events(report.events)) \(report.events == 1 ? "matches" : "match") the tree; root \(report.root.hex)")
    print("\(count(report.checkpoints, "signed checkpoint")) \(report.checkpoints == 1 ? "agrees" : "agree") with it")
    for (file, size) in zip(against, extended) { print("its beginning is the \(events(size)) of \(file)") }
    if let segments = report.archivedIn {
      print(
        "\(count(report.archived, "record")) archived in segments \(segments.lowerBound) to \(segments.upperBound), "
          + (ledger.namedArchive != nil ? "read from there" : "for which the tree stands: --archive reads them"))
    }
    if !report.isKeyed {
      let signers =
        verifierKeys.isEmpty
        ? ", nor are the keys authentic that signed the checkpoints (--verifier-key takes others)" : ""
      print(
        "NOT verified, which takes the master key: the projections, the checks of their rows, and the keyring\(signers)"
      )
    } else if report.rebuilt == nil {
      print("the projections were not compared with the log: that takes the archive")
    } else if report.projectionsMatch {
      print("rebuilt state equals live state")
    }
  }
}

/// What a verification of the newest events says.
private struct SinceLast: Sendable {
  let since: UInt64
  let events: UInt64
  let root: String
  let checkpoints: Int

  init(since: UInt64, _ events: UInt64, _ root: String, _ checkpoints: Int) {
    (self.since, self.events, self.root, self.checkpoints) = (since, events, root, checkpoints)
  }

  var json: JSON {
    .object([
      ("sound", .bool(true)), ("since", .number(since)), ("events", .number(events)), ("root", .string(root)),
      ("checkpoints", .number(UInt64(checkpoints))),
    ])
  }

  var line: String {
    let new = events - min(since, events)
    return
      "\(count(new, "new event")) and \(count(checkpoints, "signed checkpoint")) sound, of \(events) in all; root \(root)"
  }
}
