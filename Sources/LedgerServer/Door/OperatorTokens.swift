import CredentialLedger
import Glibc
import HTTPSupport
import Hummingbird

/// A token by which an operator's commands are taken over the network. Only its digest is kept, in a file that the server reads.
public struct OperatorToken: Sendable {
  /// Shown once: `clo_`, and 32 random bytes in base64url.
  public let text: String
  /// The line of the file: the operator's name, a tab, and the SHA-256 of the text in hexadecimal digits.
  public let line: String

  /// Draws one.
  ///
  /// - Parameter name: an operator's, as `--as` takes it: one line without tabs.
  /// - Returns: nil for a name that is none.
  public init?(for name: String) {
    guard 1...400 ~= name.utf8.count, !name.unicodeScalars.contains(where: { $0.value < 0x20 || $0.value == 0x7F }),
      !name.hasPrefix("#")
    else { return nil }
    var random = SystemRandomNumberGenerator()
    let bytes = (0..<32).map { _ in UInt8.random(in: .min ... .max, using: &random) }
    text = "clo_" + Base64URL.encode(bytes)
    line = "\(name)\t\(SHA256.hash(Array(text.utf8)).hex)"
  }
}

/// The file with the digests of operators' tokens: a line each, and comments that begin with `#`. It is read at each request, so
/// a token whose line was removed opens nothing from then on.
struct OperatorTokens: Sendable {
  private static let limit = 1 << 20
  let path: String

  /// - Throws: where the file cannot be read, others than its owner can write it, or a line is malformed.
  init(_ path: String) throws(SettingsError) {
    self.path = path
    _ = try Self.read(path)
  }

  /// The operator whom a token is of; nil for an unknown one.
  func name(of token: String) -> String? {
    guard let known = try? Self.read(path) else { return nil }
    let digest = SHA256.hash(Array(token.utf8))
    // All are compared, so that the time does not tell which it was.
    var found: String?
    for entry in known where entry.digest == digest { found = entry.name }
    return found
  }

  private static func read(_ path: String) throws(SettingsError) -> [(name: String, digest: Digest)] {
    var status = stat()
    guard unsafe stat(path, &status) == 0, let bytes = (try? DurableFile.read(path, limit: limit)) ?? nil,
      let text = String(validating: bytes, as: UTF8.self)
    else { throw SettingsError("operator.tokens: the file \(path) cannot be read") }
    guard status.st_mode & 0o022 == 0 else {
      throw SettingsError("operator.tokens: expected a file that its owner alone can write")
    }
    var entries: [(name: String, digest: Digest)] = []
    for (index, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated()
    where !line.isEmpty && !line.hasPrefix("#") {
      let parts = line.split(separator: "\t", omittingEmptySubsequences: false)
      guard parts.count == 2, !parts[0].isEmpty, let digest = Hex.decode(parts[1]).flatMap({ Digest(bytes: $0) }) else {
        throw SettingsError("operator.tokens: line \(index + 1): expected a name, a tab and 64 hexadecimal digits")
      }
      entries.append((String(parts[0]), digest))
    }
    return entries
  }
}

/// Whom a listener for operators lets in.
struct TokenAdmission: Sendable {
  let tokens: OperatorTokens
  let failures: Throttle

  /// The operator whose token a request carries.
  ///
  /// - Throws: `invalidToken` for none and an unknown one; `tooMany` after too many of these from one address.
  func sender(of request: Request, _ context: HTTPContext) throws(RequestError) -> OperatorSender {
    let address = context.network
    try failures.check(address)
    let parts = (request.headers[.authorization] ?? "").split(separator: " ")
    guard parts.count == 2, parts[0].lowercased() == "bearer", let name = tokens.name(of: String(parts[1])) else {
      failures.note(address)
      throw RequestError(.invalidToken, "The request carries no operator's token that is known here.")
    }
    return OperatorSender(user: name, id: context.requestID, isProven: true)
  }
}
