import CredentialLedger

/// A CSV file of people who are to be registered.
struct PeopleFile: Sendable {
  struct Line: Sendable {
    /// Where it begins in the file, from 1.
    let number: Int
    let result: Result<NewAccount, LineRefusal>

    var person: NewAccount? { try? result.get() }
  }

  private static let columns = ["issuer", "subject", "name", "email", "phone", "role"]

  let lines: [Line]

  /// - Throws: ``CannotRead`` for what is no CSV file of people; a line that makes no account is kept with its refusal.
  init(_ bytes: [UInt8], _ name: String) throws {
    guard let text = String(validating: bytes, as: UTF8.self) else { throw CannotRead(reason: "\(name) is not UTF-8") }
    var records: [CSVReader.Record]
    do { records = try CSVReader.records(of: text) } catch {
      throw CannotRead(reason: "\(name), line \(error.line): \(error.reason)")
    }
    guard !records.isEmpty else { throw CannotRead(reason: "\(name) is empty; its first line names the columns") }
    let names = records.removeFirst().cells.map { $0.lowercased() }
    for column in names where !Self.columns.contains(column) {
      throw CannotRead(
        reason: "\(name): there is no column \(column.printable); there are \(Self.columns.joined(separator: ", "))")
    }
    for column in ["issuer", "subject", "name"] where !names.contains(column) {
      throw CannotRead(reason: "\(name): the column \(column) is missing in the first line")
    }
    guard Set(names).count == names.count else { throw CannotRead(reason: "\(name): a column is named twice") }
    lines = records.map { record in Line(number: record.line, result: Self.person(record.cells, names)) }
  }

  private static func person(_ cells: [String], _ names: [String]) -> Result<NewAccount, LineRefusal> {
    guard cells.count == names.count else {
      return .failure(
        LineRefusal(
          code: "invalid_value", field: "line", reason: "line: expected \(names.count) cells, and it has \(cells.count)"
        ))
    }
    let values = Dictionary(uniqueKeysWithValues: zip(names, cells)).filter { !$0.value.isEmpty }
    do {
      var role = RoleName.user
      if let word = values["role"] {
        guard let named = RoleName(rawValue: word) else {
          let known = RoleName.allCases.map(\.rawValue).joined(separator: ", ")
          throw LineRefusal(code: "invalid_value", field: "role", reason: "role: expected one of \(known)")
        }
        role = named
      }
      return .success(
        NewAccount(
          issuer: values["issuer"] ?? "", subject: values["subject"] ?? "", name: values["name"] ?? "",
          email: values["email"], role: role.role,
          phone: try values["phone"].map { try PhoneNumber($0) }))
    } catch let refusal as LineRefusal {
      return .failure(refusal)
    } catch {
      return .failure(
        LineRefusal(code: "invalid_value", field: "phone", reason: "phone: \((error as? LedgerError)?.reason ?? "")"))
    }
  }
}

/// Why a line makes no account.
struct LineRefusal: Error, Sendable, Equatable {
  let code: String
  let field: String?
  let reason: String
}

extension LineRefusal {
  init(_ error: LedgerError) { self.init(code: "\(error.code)", field: error.field, reason: error.reason) }
}
