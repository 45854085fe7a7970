import CredentialLedger
import LedgerOperations
import LedgerServer

/// How a ledger stands, its copies included, and what of it needs attention.
struct LedgerStanding: Sendable {
  /// Something that needs attention, and the command that mends it.
  struct Problem: Sendable {
    /// A stable name for programs.
    let code: String
    let words: String
    /// What to do.
    let remedy: String

    var json: JSON {
      .object([("code", .string(code)), ("reason", .string(words)), ("remedy", .string(remedy))])
    }
  }

  let status: LedgerStatus
  /// Whether a server has the ledger open: its socket in the folder takes connections.
  let isServed: Bool
  let isKeyed: Bool
  let backup: NewestCopy?
  let archive: NewestCopy?
  let cosignedAt: Timestamp?
  let problems: [Problem]

  /// - Parameter archive: the folder that --archive names.
  init(_ ledger: Ledger, _ copies: CopyOptions, archive: String?) async throws {
    status = try ledger.status
    isServed = OperatorDoorClient(of: ledger.path) != nil
    isKeyed = ledger.hasKeys
    backup = try copies.backups.flatMap { (folder) throws(LedgerError) in try ledger.backups.newest(in: folder) }
    self.archive = try archive.map { (folder) throws(LedgerError) in try ledger.archive.reach(of: folder) }
    cosignedAt = try await Self.cosignature(copies, of: ledger)
    problems = Self.problems(status, backup, copies)
  }

  private static func cosignature(_ copies: CopyOptions, of ledger: Ledger) async throws -> Timestamp? {
    guard let file = copies.cosigned, let key = copies.witnessKey else { return nil }
    let text = try checkpoint(in: file, "--cosigned")
    do throws(LedgerError) { try await ledger.integrity.verify(against: text) } catch {
      throw CheckFailed(reason: "--cosigned \(file): \(error.reason) [\(error.code)]", code: error.code)
    }
    let note = try SignedNote(decoding: Array(text.utf8))
    let times = try note.cosignatures(by: [VerifierKey(key, of: .cosignature)]).map(\.time)
    guard let newest = times.max() else {
      throw CheckFailed(reason: "--cosigned \(file) has no cosignature of this witness [invalid_checkpoint]")
    }
    return Timestamp(seconds: newest)
  }

  /// What the library judges to be bad, in words.
  private static func problems(_ status: LedgerStatus, _ backup: NewestCopy?, _ copies: CopyOptions) -> [Problem] {
    var vitals = Vitals(status)
    if copies.backups != nil { vitals.backup = backup.flatMap { $0.time }.map { Vitals.Copy.made($0) } ?? .missing }
    var limits = Vitals.Limits()
    limits.checkpoint = Vitals.Bounds(bad: copies.maxUnsigned)
    limits.backups = Vitals.Bounds(bad: copies.maxBackupAge)
    limits.leastFreeBytes = copies.minFree
    let told: [Vitals.Sign] = [.tables, .clock, .signing, .checkpoint, .disk, .index, .backups]
    return told.filter { vitals.state(of: $0, within: limits) == .bad }.compactMap { sign in
      problem(sign, status, least: vitals.leastFreeBytes(within: limits), backup, in: copies.backups ?? "")
    }
  }

  /// The words for a sign that is bad; nil for one that is not told here.
  ///
  /// - Parameter folder: the folder of backups.
  private static func problem(
    _ sign: Vitals.Sign, _ status: LedgerStatus, least: UInt64, _ backup: NewestCopy?, in folder: String
  ) -> Problem? {
    switch sign {
    case .tables:
      return Problem(
        code: "damaged",
        words: "nothing is answered from the damaged tables \(status.damagedTables.joined(separator: ", "))",
        remedy: "credledger replay --rebuild")
    case .clock:
      return status.clock.fault.map { fault in
        Problem(
          code: "\(fault)",
          words: "changes are refused: the clock says \(status.clock.clock), and the ledger \(status.clock.now)",
          remedy: "set the clock, or confirm it by credledger clock accept")
      }
    case .signing:
      return status.health.signingFault.map { fault in
        Problem(
          code: "\(fault)", words: "no checkpoint can be signed",
          remedy: "bring the signing key back, or replace it by credledger key rotate-signing")
      }
    case .checkpoint:
      return status.health.unsignedSince.map { since in
        Problem(
          code: "unsigned", words: "no signed checkpoint covers the events since \(since)",
          remedy: "credledger checkpoint, with no server running; look into the server's log")
      }
    case .disk:
      return Problem(
        code: "disk_full", words: "the disk has \(status.freeDiskBytes) bytes left, fewer than \(least)",
        remedy: "enlarge it, or remove records by credledger archive and credledger retention")
    case .index:
      return Problem(
        code: "index_behind", words: "the audit index is \(status.unindexed) events behind",
        remedy: "keep the ledger open for writing for a while, as a server does: the index catches up by itself")
    case .backups:
      let remedy = "credledger backup \(folder)/NAME --keys DIR"
      guard let made = backup?.time else {
        return Problem(code: "no_backup", words: "\(folder) holds no backup of this ledger", remedy: remedy)
      }
      return Problem(code: "backup_old", words: "the newest backup is of \(made)", remedy: remedy)
    case .writing, .cosignatures, .commits, .readers, .webhooks, .waiting: return nil
    }
  }

  // MARK: What is printed

  /// How long ago something was, in seconds; nothing for what never was.
  private func age(_ time: Timestamp?) -> UInt64? {
    time.map { UInt64(max(0, ($0 - status.clock.now).components.seconds.magnitude)) }
  }

  private func entry(_ time: Timestamp?, _ more: [(String, JSON)] = []) -> JSON {
    guard let time, let age = age(time) else { return more.isEmpty ? .null : .object(more) }
    return .object([("time", .string("\(time)")), ("ageSeconds", .number(age))] + more)
  }

  private func entry(_ copy: NewestCopy) -> JSON {
    entry(copy.time, [("path", .string(copy.path)), ("position", .number(copy.position.rawValue))])
  }

  var json: JSON {
    var members: [(String, JSON)] = [
      ("version", .string(Version.text)), ("origin", .string(status.origin)), ("sound", .bool(problems.isEmpty)),
      ("head", .number(status.health.head.rawValue)), ("newest", entry(status.newestAt)),
      ("checkpoint", entry(status.signedAt, [("size", .number(status.health.signedSize))])),
    ]
    if let cosignedAt { members.append(("cosignature", entry(cosignedAt))) }
    if let backup { members.append(("backup", entry(backup))) }
    if let archive { members.append(("archive", entry(archive))) }
    members += [
      ("usedBytes", .number(UInt64(status.usedBytes))), ("mapBytes", .number(UInt64(status.mapBytes))),
      ("freeDiskBytes", .number(status.freeDiskBytes)), ("readers", .number(UInt64(status.readers))),
      ("unindexed", .number(status.unindexed)), ("archived", .number(status.archived)),
      (
        "clock",
        .object(
          [
            ("now", .string("\(status.clock.now)")), ("clock", .string("\(status.clock.clock)")),
            ("synchronized", .bool(status.clock.isSynchronized)),
          ] + (status.clock.fault.map { [("fault", .string("\($0)"))] } ?? []))
      ), ("keyed", .bool(isKeyed)),
    ]
    if let writer = status.writer { members.append(("writer", .number(UInt64(writer)))) }
    members.append(("served", .bool(isServed)))
    members.append(("problems", .array(problems.map(\.json))))
    return .object(members)
  }

  var lines: [String] {
    func line(_ name: String, _ value: String) -> String { "\(name.padded(to: 14))\(value)" }
    func ago(_ time: Timestamp?) -> String {
      guard let time, let age = age(time) else { return "never" }
      return "\(time), \(Self.words(age)) ago"
    }
    var lines = [
      line("version", Version.text), line("origin", status.origin), line("head", "\(status.health.head)"),
      line("last event", ago(status.newestAt)),
      line("checkpoint", "over \(status.health.signedSize): \(ago(status.signedAt))"),
    ]
    if let cosignedAt { lines.append(line("cosignature", ago(cosignedAt))) }
    if let backup { lines.append(line("backup", "\(ago(backup.time)), up to \(backup.position): \(backup.path)")) }
    if let archive { lines.append(line("archive", "up to \(archive.position), recorded \(ago(archive.time))")) }
    lines += [
      line("file", "\(Self.bytes(UInt64(status.usedBytes))) of \(Self.bytes(UInt64(status.mapBytes))) in use"),
      line("disk", "\(Self.bytes(status.freeDiskBytes)) left"), line("readers", "\(status.readers)"),
      line("not indexed", "\(status.unindexed)"),
      line(
        "clock",
        "\(status.clock.now)\(status.clock.isSynchronized ? ", synchronised" : "")\(status.clock.fault.map { ": \($0)" } ?? "")"
      ),
      line("writer", writer),
    ]
    if status.archived > 0 { lines.append(line("archived", "\(status.archived)")) }
    lines.append(problems.isEmpty ? "all is well" : "needs attention:")
    for problem in problems {
      lines.append("  \(problem.words)")
      lines.append("    \(problem.remedy)")
    }
    return lines
  }

  /// Who has the ledger open for writing. The system does not always tell the process.
  private var writer: String {
    guard let process = status.writer else { return isServed ? "a server" : "none" }
    return isServed ? "a server, process \(process)" : "process \(process)"
  }

  /// A time span in its greatest unit, such as `3 h`.
  static func words(_ seconds: UInt64) -> String {
    switch seconds {
    case ..<120: "\(seconds) s"
    case ..<7_200: "\(seconds / 60) min"
    case ..<172_800: "\(seconds / 3_600) h"
    default: "\(seconds / 86_400) d"
    }
  }

  private static func bytes(_ count: UInt64) -> String {
    switch count {
    case ..<10_240: "\(count) bytes"
    case ..<10_485_760: "\(count >> 10) KiB"
    case ..<10_737_418_240: "\(count >> 20) MiB"
    default: "\(count >> 30) GiB"
    }
  }
}
