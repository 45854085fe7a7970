import CredentialLedger
import HTTPSupport

/// Somebody who is signed in by a browser. Kept under the digest of a random text that the browser alone has.
struct Session: Sendable, Equatable {
  /// The digest of the session's token, in hexadecimal digits. Names the session where sessions are listed.
  let key: String
  let account: AccountID
  /// The `iss` of the provider that signed the person in.
  let issuer: String
  /// The provider's name for its own session (`sid`); empty where it gave none.
  var providerSession = ""
  /// The position of the event of the sign-in; 0 where it is not known.
  let signIn: Position
  let createdAt: Timestamp
  /// When the person proved to the provider who they are; before ``createdAt`` where the provider remembered them, and 0 where it
  /// did not say.
  let authenticatedAt: Timestamp
  var lastUsedAt: Timestamp
  /// Forms that were performed and answered with a secret, which is not shown again; the newest last.
  var spent: [String] = []

  /// Proves that a form came from a page of this session. It follows from the key, which no page shows.
  var formToken: String { String(SHA256.hash(Array("form\0\(key)".utf8)).hex.prefix(32)) }

  /// Names the session to its own person, and opens nothing.
  var handle: String { String(SHA256.hash(Array("handle\0\(key)".utf8)).hex.prefix(16)) }

  /// The digest of a token.
  static func key(of token: String) -> String { SHA256.hash(Array("session\0\(token)".utf8)).hex }
}

extension Session {
  /// How many spent forms are remembered.
  static let spentLimit = 32

  /// As it is stored.
  var encoded: [UInt8] {
    JSONValue.object([
      ("format", .string("credledger-session/1")), ("account", .number(String(account.rawValue))),
      ("issuer", .string(issuer)), ("providerSession", .string(providerSession)),
      ("signIn", .number(String(signIn))), ("createdAt", .integer(createdAt.milliseconds)),
      ("authenticatedAt", .integer(authenticatedAt.milliseconds)),
      ("lastUsedAt", .integer(lastUsedAt.milliseconds)), ("spent", .array(spent.map { .string($0) })),
    ]).bytes
  }

  /// - Returns: nil for what is no stored session.
  init?(key: String, encoded: [UInt8]) {
    guard let value = try? JSONParser.parse(encoded), value["format"]?.text == "credledger-session/1",
      let account = value["account"]?.text.flatMap({ UInt64($0) }), let issuer = value["issuer"]?.text,
      let signIn = value["signIn"]?.text.flatMap({ Position($0) }),
      let createdAt = value["createdAt"]?.text.flatMap({ Int64($0) }),
      let lastUsedAt = value["lastUsedAt"]?.text.flatMap({ Int64($0) })
    else { return nil }
    self.key = key
    self.account = AccountID(rawValue: account)
    self.issuer = issuer
    self.signIn = signIn
    self.createdAt = Timestamp(milliseconds: createdAt)
    self.lastUsedAt = Timestamp(milliseconds: lastUsedAt)
    // A file of before has none, so its session opens no page that wants a new sign-in.
    authenticatedAt = Timestamp(milliseconds: value["authenticatedAt"]?.text.flatMap { Int64($0) } ?? 0)
    providerSession = value["providerSession"]?.text ?? ""
    if case .array(let items)? = value["spent"] { spent = items.compactMap(\.text) }
  }
}

/// A text that nobody can guess: 256 random bits in hexadecimal digits.
enum RandomText {
  static func make(words: Int = 4) -> String {
    var random = SystemRandomNumberGenerator()
    return (0..<words).map { _ in
      let digits = String(random.next() as UInt64, radix: 16)
      return String(repeating: "0", count: 16 - digits.count) + digits
    }.joined()
  }
}
