import LedgerTestSupport
import Testing

@testable import credledger

/// A ledger that is filled from the command line.
@Suite struct ImportPeopleTests {
  let folder = TemporaryFolder()

  private func run(_ arguments: String..., input: String = "") throws -> ProgramResult {
    try runProgram(arguments + ["--ledger", "\(folder.path)/ledger"], input: input)
  }

  private static let people = """
    \u{FEFF}issuer,Subject,name,phone,role\r
    https://id.example.org,1,"Ada, the first",+911199999999,operator\r
    \r
    https://id.example.org,2,"Bo ""B""
    of Town",,\r
    https://id.example.org,3,Cy,,auditor\r
    """

  @Test("People are registered all or nobody") func peopleAre() throws {
    #expect(try run("init").status == 0)
    let file = "\(folder.path)/people.csv"
    // A name has one line: the second person is refused, and so nobody is registered.
    TestFile.write(Array(Self.people.utf8), to: file)
    let refused = try run("import-people", file, "--reason", "staff list", "--format", "json")
    #expect(
      refused.status == 1 && refused.error.contains("1 of 3 lines refused: nobody was registered"), "\(refused.error)")
    let lines = try run("import-people", file, "--reason", "staff list", "--format", "ndjson")
    try expectDocuments(lines.output, match: "import-people")
    #expect(
      refused.output.contains("\"line\": 4") && refused.output.contains("\"field\": \"name\""), "\(refused.output)")
    #expect(try run("account", "list", "--format", "ndjson").output.isEmpty)

    TestFile.write(
      Array(Self.people.replacing("\n    of Town", with: "").replacing("\nof Town", with: "").utf8), to: file)
    let dry = try run("import-people", file, "--dry-run", "--reason", "staff list")
    #expect(
      dry.status == 0 && dry.output.contains("0 accounts registered, 3 possible, 0 refused"),
      "\(dry.output)\(dry.error)")
    #expect(try run("account", "list", "--format", "ndjson").output.isEmpty)
    // A number takes a reason.
    #expect(try run("import-people", file).error.contains("1 of 3 lines refused"))
    let done = try run(
      "import-people", "-", "--reason", "staff list", "--format", "ndjson",
      input: String(decoding: TestFile.read(file), as: UTF8.self))
    #expect(done.status == 0, "\(done.error)")
    try expectDocuments(done.output, match: "import-people")
    #expect(done.output.split(separator: "\n").count { $0.contains("registered") } == 3)
    let shown = try run("account", "show", "2", "--reveal").output
    #expect(shown.contains("Ada, the first") && shown.contains("operator"), "\(shown)")
    #expect(try run("account", "show", "4", "--reveal").output.contains("Bo \"B\""))
    let again = try run("import-people", file, "--reason", "staff list")
    #expect(again.status == 1 && again.error.contains("3 of 3 lines refused"), "\(again.error)")
    let skipped = try run("import-people", file, "--reason", "staff list", "--skip-existing")
    #expect(skipped.status == 0 && skipped.output.contains("0 accounts registered"), "\(skipped.error)")
    #expect(try run("verify").status == 0)
  }

  @Test("One account is registered") func oneAccountIsRegistered() throws {
    #expect(try run("init").status == 0)
    let create = ["account", "create", "--issuer", "https://id.example.org", "--subject", "7", "--name", "Bo"]
    func created(_ more: String..., input: String = "") throws -> ProgramResult {
      try runProgram(create + more + ["--ledger", "\(folder.path)/ledger"], input: input)
    }
    let unreasoned = try created("--phone", "-", input: "+911199999999\n")
    #expect(unreasoned.status == 2 && unreasoned.error.contains("--phone needs --reason"), "\(unreasoned.error)")
    let made = try created("--phone", "-", "--reason", "staff list", "--format", "json", input: "+911199999999\n")
    #expect(made.status == 0 && made.output.contains("account:2"), "\(made.error)")
    try expectDocuments(made.output, match: "change")
    #expect(
      try run("audit", "--phone", "-", "--format", "ndjson", input: "+911199999999\n").output.contains("phone.verified")
    )
    let again = try created()
    #expect(again.status == 1 && again.error.contains("that of account:2"), "\(again.error)")
  }

  @Test("What is no file of people is refused") func filePeople() throws {
    #expect(try run("init").status == 0)
    for (text, said) in [
      ("", "is empty"), ("issuer,subject\n", "the column name is missing"),
      ("issuer,subject,name,age\n", "no column age"),
      ("issuer,subject,name,name\n", "named twice"),
      ("issuer,subject,name\n\"a,b", "line 2: a cell has no closing quote"),
      ("issuer,subject,name\na,b\"c,d\n", "line 2: a quote stands inside"),
      ("issuer,subject,name\n\"a\"b,c,d\n", "line 2: something follows"),
    ] {
      let refused = try run("import-people", "-", input: text)
      #expect(refused.status == 3 && refused.error.contains(said), "\(text): \(refused.error)")
    }
    let short = try run("import-people", "-", "--format", "json", input: "issuer,subject,name\na,b\n")
    #expect(short.status == 1 && short.output.contains("expected 3 cells, and it has 2"), "\(short.output)")
  }

  @Test("Cells are read as they were written") func cellsRead() throws {
    let cells = ["plain", "with, comma", "with \"quotes\"", "two\r\nlines", "", "é"]
    let text = CSV.record(cells) + CSV.record(cells.reversed())
    #expect(try CSVReader.records(of: text).map(\.cells) == [cells, cells.reversed()])
    #expect(try CSVReader.records(of: text).map(\.line) == [1, 3])
  }
}
