public import CredentialLedger

/// A request for authorization that was checked (RFC 6749 section 4.1.1), and that a person is to answer.
public struct AuthorizationRequest: Sendable {
  /// Who asks.
  public let connector: Connector
  /// Where the answer goes: an address that is registered for the connector.
  public let redirectURI: String
  public let state: String?
  public let codeChallenge: String?
  /// The resource servers that the tokens are for, and the key that the client must prove to redeem the code.
  public let conditions: TokenConditions
  /// What it asks for, of what the connector may have.
  public let scopes: Scopes
  /// How often the person must be asked (OpenID Connect Core 1.0 section 3.1.2.1).
  public let prompt: Prompt
  /// How many seconds old the person's sign-in may be; nil for any age.
  public let maximumAge: Int64?

  /// What the person must be asked.
  public struct Prompt: OptionSet, Sendable {
    public let rawValue: UInt8

    public init(rawValue: UInt8) { self.rawValue = rawValue }

    /// Nothing: where an answer needs the person, the client hears so.
    public static let none = Prompt(rawValue: 1)
    /// To sign in anew.
    public static let login = Prompt(rawValue: 2)
    /// To agree anew.
    public static let consent = Prompt(rawValue: 4)

    /// - Parameter text: names separated by blanks; others are ignored.
    public init(_ text: String) {
      self = text.split(separator: " ").reduce(into: []) { prompt, name in
        switch name {
        case "none": prompt.insert(.none)
        case "login": prompt.insert(.login)
        case "consent", "select_account": prompt.insert(.consent)
        default: break
        }
      }
    }
  }

  public init(
    connector: Connector, redirectURI: String, state: String?, codeChallenge: String?, conditions: TokenConditions,
    scopes: Scopes, prompt: Prompt, maximumAge: Int64?
  ) {
    self.connector = connector
    self.redirectURI = redirectURI
    self.state = state
    self.codeChallenge = codeChallenge
    self.conditions = conditions
    self.scopes = scopes
    self.prompt = prompt
    self.maximumAge = maximumAge
  }

  /// Where the browser is sent with an answer. Query parameters that the address has are kept.
  ///
  /// - Parameter issuer: the server's own address (RFC 9207).
  public func location(_ answer: [(String, String)], issuer: String) -> String {
    let fields = answer + (state.map { [("state", $0)] } ?? []) + [("iss", issuer)]
    let query = fields.map { "\($0.0)=\(PercentEncoding.encode($0.1))" }.joined(separator: "&")
    return redirectURI + (redirectURI.contains("?") ? "&" : "?") + query
  }
}
