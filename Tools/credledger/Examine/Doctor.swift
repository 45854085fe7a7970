import ArgumentParser
import CredentialLedger
import Glibc

struct Doctor: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Look for what is wrong with the ledger, its files and its rules, and say the command that mends it.",
    discussion: """
      Looks at all that credledger status does, and besides at the owners and modes of files, at what killed processes have \
      left, at missing keys, and at how operators work. Changes nothing. It does not read every record: credledger verify does. \
      What is wrong makes the exit status 1; advice does not.

      EXAMPLES
        credledger doctor --ledger /var/lib/credledger
        credledger doctor --backups /backup --max-backup-age 25h --format json
      """)

  @OptionGroup var ledger: LedgerOptions
  @OptionGroup var output: FormatOptions
  @OptionGroup var copies: CopyOptions

  /// Something that was found.
  struct Finding: Sendable {
    /// Whether it is wrong; advice otherwise.
    let isWrong: Bool
    let problem: LedgerStanding.Problem

    init(wrong problem: LedgerStanding.Problem) { (isWrong, self.problem) = (true, problem) }

    init(wrong code: String, _ words: String, _ remedy: String) {
      self.init(wrong: LedgerStanding.Problem(code: code, words: words, remedy: remedy))
    }

    init(advice code: String, _ words: String, _ remedy: String) {
      (isWrong, problem) = (false, LedgerStanding.Problem(code: code, words: words, remedy: remedy))
    }

    var json: JSON {
      .object([
        ("level", .string(isWrong ? "wrong" : "advice")), ("code", .string(problem.code)),
        ("reason", .string(problem.words)), ("remedy", .string(problem.remedy)),
      ])
    }
  }

  func run() async throws {
    let path = try ledger.requireFolder()
    var findings = LedgerFiles.findings(in: path)
    let (copies, archive) = (copies, ledger.namedArchive)
    do {
      findings += try await ledger.reading { opened in
        let standing = try await LedgerStanding(opened, copies, archive: archive)
        return standing.problems.map { Finding(wrong: $0) } + (try await Self.findings(in: opened, standing))
      }
    } catch let error as LedgerError where Self.remedies[error.code] != nil {
      findings.append(Finding(wrong: "\(error.code)", error.reason, Self.remedies[error.code] ?? ""))
    }
    let wrong = findings.count(where: \.isWrong)
    if let text = output.format.text(
      .object([("sound", .bool(wrong == 0)), ("findings", .array(findings.map(\.json)))]))
    {
      print(text)
    } else {
      for finding in findings {
        print("\(finding.isWrong ? "WRONG " : "advice") \(finding.problem.words)".printable)
        print("       \(finding.problem.remedy)".printable)
      }
      if findings.isEmpty { print("nothing was found wrong") }
    }
    guard wrong == 0 else {
      throw CheckFailed(reason: "\(wrong) of \(count(findings.count, "finding")) must be mended", isTold: true)
    }
  }

  /// What to do where the ledger does not even open.
  private static let remedies: [LedgerError.Code: String] = [
    .damaged:
      "credledger verify names the first bad position; credledger restore BACKUP --keys DIR makes the ledger anew",
    .keyUnavailable: "give the master key by CREDLEDGER_MASTER_KEY or --master-key",
    .keysMissing: "restore these files from a backup of keys/",
    .notALedger: "check --ledger; credledger restore BACKUP --keys DIR makes the ledger anew",
    .behindCheckpoint: "restore the newest backup: the ledger's tail is missing, or this is an old copy",
    .contradictsCheckpoint: "keep the folder as evidence, and restore a backup from before the history was rewritten",
    .newerFormat: "upgrade the program",
  ]

  /// What the ledger itself shows.
  private static func findings(in opened: Ledger, _ standing: LedgerStanding) async throws -> [Finding] {
    var findings: [Finding] = []
    if opened.hasKeys {
      do throws(LedgerError) { try await opened.requireEveryKey() } catch {
        guard error.code == .keysMissing else { throw error }
        findings.append(Finding(wrong: "keys_missing", error.reason, "restore these files from a backup of keys/"))
      }
    } else {
      findings.append(
        Finding(
          advice: "not_keyed", "the master key was not given: nothing was looked at that takes it",
          "CREDLEDGER_MASTER_KEY or --master-key gives it"))
    }
    let operators = try opened.operators.list().filter { !$0.isDisabled && !$0.isErased }
    if operators.isEmpty {
      findings.append(
        Finding(
          advice: "no_operator", "no account has the operator role: nobody can be named for a change",
          "credledger operator create --issuer URL --subject ID --name NAME"))
    } else if try !opened.operators.rules.namesOperators {
      findings.append(
        Finding(
          advice: "operators_unnamed", "changes at the command line need not name an operator",
          "credledger operator require-names --as NAME"))
    }
    if standing.backup == nil {
      findings.append(
        Finding(advice: "no_backup_named", "no backup was looked at", "credledger doctor --backups DIR"))
    }
    return findings
  }
}

/// The files of a ledger as the file system has them.
private enum LedgerFiles {
  /// Those that others may read, or that are another user's, and what killed processes have left beside the ledger.
  static func findings(in path: String) -> [Doctor.Finding] {
    var findings: [Doctor.Finding] = []
    for name in ["ledger", "keys"] {
      var status = stat()
      let folder = "\(path)/\(name)"
      guard unsafe stat(folder, &status) == 0 else { continue }
      if status.st_mode & 0o077 != 0 {
        findings.append(
          Doctor.Finding(
            wrong: "file_mode", "\(folder) is open to other users, mode \(String(status.st_mode & 0o777, radix: 8))",
            "chmod -R go= \(folder)"))
      }
      if status.st_uid != geteuid(), geteuid() != 0 {
        findings.append(
          Doctor.Finding(
            wrong: "file_owner", "\(folder) belongs to the user \(status.st_uid), and this is \(geteuid())",
            "run as that user, or chown -R \(geteuid()) \(folder)"))
      }
    }
    var status = stat()
    if unsafe stat("\(path)/keys/master.key", &status) == 0 {
      findings.append(
        Doctor.Finding(
          advice: "master_key_beside", "the master key is in a file beside the keys that it seals",
          "credledger key rotate-master moves to one that is kept elsewhere"))
    }
    let name = Folder.absolute(path).split(separator: "/").last.map(String.init) ?? ""
    let parent = Folder.parent(of: Folder.absolute(path))
    for left in Folder.names(in: parent) ?? [] where isLeftover(left, of: name) {
      findings.append(
        Doctor.Finding(
          advice: "leftover", "\(parent)/\(left) is unfinished: a process is at work, or one was killed",
          "the next run for the same name removes it; credledger verify does for the ledger"))
    }
    return findings
  }

  private static func isLeftover(_ name: String, of ledger: String) -> Bool {
    name.hasPrefix("\(ledger).new-") || name.hasPrefix("\(ledger).credledger-part")
  }
}
