import ArgumentParser
import CredentialLedger

/// People who are named on the command line, each by account or by number.
struct PeopleOptions: ParsableArguments {
  @Option(help: "An account, such as account:3 or 3; may be repeated.") var account: [AccountID] = []
  @Option(help: "A number, such as +911199999999, which other programs and the shell's history see; may be repeated.")
  var number: [String] = []
  @Option(help: "A file with a number a line, which stay unseen; - is standard input.", completion: .file())
  var numberFile: String?

  var isEmpty: Bool { account.isEmpty && number.isEmpty && numberFile == nil }

  /// What is read to know them.
  var inputs: [CommandInput] { numberFile.map { [CommandInput(name: $0)] } ?? [] }

  /// - Throws: for people who do not say whom they mean.
  func requireSomebody() throws {
    guard !isEmpty else { throw ValidationError("Give --account, --number or --number-file.") }
  }

  /// Everybody who is named: accounts, then numbers, then those of the file, each in the order given.
  func people() throws -> [Groups.Person] {
    let numbers = try number + (numberFile.map(lines) ?? [])
    return try account.map { .account($0) } + numbers.map { .number(try PhoneNumber($0)) }
  }
}

extension [Groups.Person] {
  /// What to call each in what is printed: accounts by ID, numbers by their place among the numbers.
  var names: [String] {
    var numbers = 0
    return map {
      switch $0 {
      case .account(let id): return "\(id)"
      case .number:
        numbers += 1
        return "number \(numbers)"
      }
    }
  }
}
