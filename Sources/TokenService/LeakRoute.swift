public import CredentialLedger
import HTTPSupport
import HTTPTypes
import Hummingbird

/// The public keys of those who report tokens that they found, by the identifiers that they name them by.
public struct LeakReporters: Sendable {
  private let keys: [String: P256.VerifyingKey]

  /// - Parameter keys: without any, nobody reports.
  public init(_ keys: [String: P256.VerifyingKey] = [:]) { self.keys = keys }

  var isEmpty: Bool { keys.isEmpty }

  /// Whether a body was signed by the key that a report names.
  ///
  /// - Parameter signature: in base64, of ECDSA over P-256 with SHA-256 in the form of ASN.1.
  func isSigned(_ body: [UInt8], by identifier: String, _ signature: String) -> Bool {
    guard let key = keys[identifier], let bytes = Base64.decode(signature) else { return false }
    return key.verify(der: bytes, of: body)
  }
}

/// Reports of tokens that were found in public places, as secret scanning partners get them.
extension TokenService {
  /// How many tokens one report may have.
  private static let reportLimit = 1_000

  var leakRoutes: [Route] {
    leakReporters.isEmpty
      ? []
      : [
        Route(.post, "/leaks", errors: .oauth) { (request, context) throws(RequestError) in
          try await takeReport(request, context)
        }
      ]
  }

  /// Stops each token of the ledger that a report has, and answers which were some.
  private func takeReport(_ request: Request, _ context: HTTPContext) async throws(RequestError) -> Response {
    let address = context.network
    try limits.failures.check(address)
    let body = try await request.bytes(upTo: bodyLimit)
    guard let identifier = request.headers[.keyIdentifier], let signature = request.headers[.keySignature],
      leakReporters.isSigned(body, by: identifier, signature)
    else {
      limits.failures.note(address)
      throw RequestError(
        .invalidClient, "The report is not signed by a key that is configured here.",
        headers: [.wwwAuthenticate: #"Signature realm="credledger""#])
    }
    guard let value = try? JSONParser.parse(body), case .array(let items) = value, items.count <= Self.reportLimit
    else {
      throw RequestError(.invalid, "The body: expected a JSON array of at most \(Self.reportLimit) objects.")
    }
    var answers: [JSONValue] = []
    for item in items {
      guard case .string(let token)? = item["token"] else { throw .field("token", "a text in each object") }
      let outcome = try await asking { () throws(LedgerError) in
        try await ledger.tokens.reportLeak(
          token, reporter: identifier, source: item["source"]?.text ?? "", location: item["url"]?.text ?? "",
          context: context.recorded(HTTPFields()))
      }
      answers.append(
        .object([
          ("token_hash", .string(Base64.encode(SHA256.hash(Array(token.utf8)).bytes))),
          ("token_type", .string(item["type"]?.text ?? "")),
          ("label", .string(outcome == .unknown ? "false_positive" : "true_positive")),
        ]))
    }
    return .credential(.array(answers))
  }
}

extension HTTPField.Name {
  fileprivate static let keyIdentifier = named("Github-Public-Key-Identifier")
  fileprivate static let keySignature = named("Github-Public-Key-Signature")
}
