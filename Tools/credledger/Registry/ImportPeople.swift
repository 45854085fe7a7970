import ArgumentParser
import CredentialLedger

struct ImportPeople: DoorCommand {
  static let configuration = CommandConfiguration(
    commandName: "import-people", abstract: "Register the accounts of many people from a CSV file.",
    discussion: """
      The first line names the columns, in any order: issuer, subject and name; email, phone and role may be missing or \
      empty. The file is UTF-8, its cells are separated by commas and quoted as RFC 4180 says. A phone is a number that the \
      operator vouches for, and takes --reason. - reads standard input.

      All lines are checked first. If one is refused, nobody is registered, and the answer has each refused line with the reason. \
      --dry-run stops there in any case. --skip-existing passes over people who have an account already, so that a run that \
      was interrupted can be repeated. Each person is registered by a commit of its own.

      EXAMPLES
        credledger import-people staff.csv --dry-run --reason "staff list of 1 October"
        credledger import-people staff.csv --reason "staff list of 1 October" --as Ada --ticket HR-80
        credledger import-people - --skip-existing --format ndjson < staff.csv
      """)

  @OptionGroup var ledger: LedgerOptions
  @OptionGroup(title: "Who and why") var by: OperatorOptions
  @OptionGroup var output: FormatOptions
  @Argument(help: "The file, or - for standard input.", completion: .file()) var file: String
  @Flag(help: "Check every line, and register nobody.") var dryRun = false
  @Flag(help: "Pass over people who have an account already.") var skipExisting = false

  var inputs: [CommandInput] { [CommandInput(name: file)] }

  /// The most that a file may have, in bytes.
  private static let limit = 64 << 20

  func run() async throws {
    let people = try PeopleFile(try contents(of: file, limit: Self.limit), file)
    let (dryRun, skipExisting) = (dryRun, skipExisting)
    let results = try await ledger.writing(by) { ledger, context in
      var results = try await Self.check(people.lines, skipExisting, in: ledger, context)
      guard !dryRun, !results.contains(where: \.isRefused) else { return results }
      for index in results.indices where results[index].outcome == .possible {
        guard let new = people.lines[index].person else { continue }
        do throws(LedgerError) {
          results[index].outcome = .registered(try await ledger.accounts.create(new, context: context))
        } catch {
          // People who are registered stay so: the answer says how far it came.
          guard error.isRefusal else { throw error }
          results[index].outcome = .refused(LineRefusal(error))
        }
      }
      return results
    }
    output.format.show(
      results.map(\.json), ["LINE", "RESULT", "WHY"],
      results.filter { output.format != .table || $0.isTold }.map(\.row))
    let refused = results.count(where: \.isRefused)
    let registered = results.count { if case .registered = $0.outcome { true } else { false } }
    if output.format == .table {
      let possible = results.count { $0.outcome == .possible }
      print("\(count(registered, "account")) registered, \(possible) possible, \(refused) refused")
    }
    guard refused == 0 else {
      throw CheckFailed(
        reason: "\(refused) of \(count(results.count, "line")) refused"
          + (registered == 0 ? ": nobody was registered" : "; the others are registered"))
    }
  }

  /// Checks each line, against the ledger and against the lines before it.
  private static func check(
    _ lines: [PeopleFile.Line], _ skipExisting: Bool, in ledger: Ledger, _ context: RequestContext
  ) async throws -> [ImportedPerson] {
    var (identities, numbers): (Set<[String]>, Set<PhoneNumber>) = ([], [])
    var results: [ImportedPerson] = []
    for line in lines {
      let outcome: ImportedPerson.Outcome
      switch line.result {
      case .failure(let refusal): outcome = .refused(refusal)
      case .success(let new) where !identities.insert([new.issuer, new.subject]).inserted:
        outcome = .refused(
          LineRefusal(code: "conflict", field: "subject", reason: "subject: a line before has the same identity"))
      case .success(let new) where new.phone.map { !numbers.insert($0).inserted } ?? false:
        outcome = .refused(
          LineRefusal(code: "conflict", field: "number", reason: "number: a line before has the same number"))
      case .success(let new):
        do throws(LedgerError) {
          try await ledger.accounts.check(new, context: context)
          outcome = .possible
        } catch {
          guard error.isRefusal || error.code == .invalidValue else { throw error }
          let isThere = error.code.rawValue == "conflict" && error.field == "subject"
          outcome = skipExisting && isThere ? .existing : .refused(LineRefusal(error))
        }
      }
      results.append(ImportedPerson(line: line.number, outcome: outcome))
    }
    return results
  }
}

/// What became of a line.
private struct ImportedPerson: Sendable {
  enum Outcome: Sendable, Equatable {
    case possible
    case existing
    case registered(AccountID)
    case refused(LineRefusal)
  }

  let line: Int
  var outcome: Outcome

  var isRefused: Bool { if case .refused = outcome { true } else { false } }
  /// Of a large file people want to see what needs their attention.
  var isTold: Bool { outcome != .possible && outcome != .existing }

  private var word: String {
    switch outcome {
    case .possible: "possible"
    case .existing: "existing"
    case .registered: "registered"
    case .refused: "refused"
    }
  }

  var json: JSON {
    var members: [(String, JSON)] = [("line", .number(UInt64(line))), ("result", .string(word))]
    switch outcome {
    case .possible, .existing: break
    case .registered(let account): members.append(("account", JSON(account)))
    case .refused(let error):
      members += [("code", .string("\(error.code)")), ("reason", .string(error.reason))]
      if let field = error.field { members.append(("field", .string(field))) }
    }
    return .object(members)
  }

  var row: [String] {
    switch outcome {
    case .registered(let account): ["\(line)", word, "\(account)"]
    case .refused(let error): ["\(line)", word, error.reason]
    default: ["\(line)", word, ""]
    }
  }
}
