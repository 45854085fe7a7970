import CredentialLedger
import HTTPSupport

/// A command of an operator, as another process sends it to the one that has the ledger open.
///
/// Nothing in it names a file to open: what the command reads comes with it.
public struct OperatorRequest: Sendable, Equatable {
  /// The arguments of the program, without its own name.
  public var arguments: [String]
  /// The operator whom the sender's environment names; an argument goes before it.
  public var operatorName: String?
  /// The content of each file that the arguments name, and of standard input as `-`.
  public var inputs: [String: [UInt8]]
  /// How many columns the sender's terminal has; nil where its output goes elsewhere.
  public var columns: Int?
  /// Whether somebody at the sender's terminal has agreed to what cannot be undone.
  public var isConfirmed: Bool

  public init(
    arguments: [String], operatorName: String? = nil, inputs: [String: [UInt8]] = [:], columns: Int? = nil,
    isConfirmed: Bool = false
  ) {
    self.arguments = arguments
    self.operatorName = operatorName
    self.inputs = inputs
    self.columns = columns
    self.isConfirmed = isConfirmed
  }

  /// How many bytes one may have as it is sent.
  public static let limit = 1 << 26
}

/// How a command ended that was performed for another process.
public struct OperatorAnswer: Sendable, Equatable {
  /// The exit status.
  public var status: Int32
  /// What the command printed.
  public var output: String
  /// What it wrote to standard error.
  public var error: String
  /// What is shown this once, of which nobody could ask again; nil where there is nothing of that kind.
  public var shownOnce: String?

  public init(status: Int32, output: String, error: String, shownOnce: String? = nil) {
    self.status = status
    self.output = output
    self.error = error
    self.shownOnce = shownOnce
  }
}

/// Who sent a command, and under which name it is recorded.
public struct OperatorSender: Sendable, Equatable {
  /// The user of the system who is at the other end of the socket, or the operator whose token came with the request.
  public let user: String
  /// Whether the user is an operator's name, which a token has proved: then nobody else may be named.
  public let isProven: Bool
  /// The request's ID in the events that it causes, with the user's name in it.
  public let requestID: String

  /// - Parameter id: of the request, as the log has it.
  init(user: String, id: String, isProven: Bool = false) {
    self.user = user
    self.isProven = isProven
    // A request's ID has at most 64 bytes.
    let name = user.unicodeScalars.filter { $0.isASCII && $0.value > 0x20 && $0.value < 0x7F }.prefix(24)
    requestID = "\(id)-\(String(String.UnicodeScalarView(name)))"
  }
}

/// Performs commands of operators on a ledger that this process has open.
public protocol OperatorCommands: Sendable {
  /// Performs one to its end.
  func perform(_ request: OperatorRequest, from sender: OperatorSender) async -> OperatorAnswer
}

extension OperatorRequest {
  /// As it is sent.
  var json: JSONValue {
    var members: [(String, JSONValue)] = [("arguments", .array(arguments.map { .string($0) }))]
    if let operatorName { members.append(("operator", .string(operatorName))) }
    if !inputs.isEmpty {
      let sorted = inputs.sorted { $0.key < $1.key }
      members.append(
        (
          "inputs",
          .array(
            sorted.map {
              .object([("name", .string($0.key)), ("content", .string(Base64.encode($0.value)))])
            })
        ))
    }
    if let columns { members.append(("columns", .integer(columns))) }
    if isConfirmed { members.append(("confirmed", .bool(true))) }
    return .object(members)
  }

  /// - Throws: `invalid`, with the member that is wrong.
  init(_ json: JSONValue) throws(RequestError) {
    guard case .array(let items)? = json["arguments"] else { throw RequestError.field("arguments", "a list of texts") }
    var arguments: [String] = []
    for item in items {
      guard case .string(let text) = item else { throw RequestError.field("arguments", "a list of texts") }
      arguments.append(text)
    }
    var inputs: [String: [UInt8]] = [:]
    if let given = json["inputs"] {
      guard case .array(let items) = given else {
        throw RequestError.field("inputs", "a list of objects with name and content")
      }
      for item in items {
        guard case .string(let name)? = item["name"], case .string(let text)? = item["content"],
          let content = Base64.decode(text)
        else { throw RequestError.field("inputs", "objects with a name, and a content in Base64") }
        inputs[name] = content
      }
    }
    var columns: Int?
    if let given = json["columns"] {
      guard let number = given.wholeNumber, (1...10_000).contains(number) else {
        throw RequestError.field("columns", "a number from 1 to 10000")
      }
      columns = Int(number)
    }
    self.init(
      arguments: arguments, operatorName: json["operator"]?.text, inputs: inputs, columns: columns,
      isConfirmed: json["confirmed"]?.truth ?? false)
  }
}

extension OperatorAnswer {
  var json: JSONValue {
    var members: [(String, JSONValue)] = [
      ("status", .integer(status)), ("output", .string(output)), ("error", .string(error)),
    ]
    if let shownOnce { members.append(("shownOnce", .string(shownOnce))) }
    return .object(members)
  }

  /// Nil where it is no answer.
  init?(_ json: JSONValue) {
    guard let status = json["status"]?.wholeNumber, (0...255).contains(status),
      case .string(let output)? = json["output"], case .string(let error)? = json["error"]
    else { return nil }
    self.init(status: Int32(status), output: output, error: error, shownOnce: json["shownOnce"]?.text)
  }
}
