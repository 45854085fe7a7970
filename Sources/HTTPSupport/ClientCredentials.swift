public import CredentialLedger
public import HTTPTypes

/// What a client authenticates by: HTTP Basic or parameters of the form (RFC 6749 section 2.3.1).
public struct ClientCredentials: Sendable {
  /// The connector; one that there is not where the text is no ID, so that it is refused as an unknown one.
  public let connector: PublicID
  public let secret: ConnectorSecret
  /// Whether they came by HTTP Basic.
  public let usedBasic: Bool

  /// Credentials that came in other ways.
  public init(id: String, secret: String, usedBasic: Bool = false) {
    connector = PublicID(id) ?? Self.nobody
    self.secret = ConnectorSecret(secret)
    self.usedBasic = usedBasic
  }

  /// Reads what a request has.
  ///
  /// The parts of Basic are taken as they are and percent-decoded alike, since clients do either; IDs and Secrets have no
  /// character that makes a difference.
  ///
  /// - Throws: `invalidClient` where there are none, `invalid` where a Secret is given in two ways, or two IDs differ.
  public init(_ headers: HTTPFields, _ form: FormFields) throws(RequestError) {
    let basic = try Self.basic(AuthorizationField(headers))
    let (id, secret) = (form["client_id"], form["client_secret"])
    if let basic {
      guard basic.secret.isEmpty || secret == nil else {
        throw RequestError(.invalid, "The client authenticates in two ways; use one.")
      }
      guard id == nil || id == basic.id || PublicID(id ?? "").map({ $0 == PublicID(basic.id) }) ?? false else {
        throw .field("client_id", "the ID that the header Authorization has")
      }
      guard let used = basic.secret.isEmpty ? secret : basic.secret else { throw Self.missing }
      self.init(id: basic.id, secret: used, usedBasic: true)
      return
    }
    guard let id, let secret else { throw Self.missing }
    self.init(id: id, secret: secret)
  }

  /// Whether a request authenticates by Basic, rightly or not.
  public static func usesBasic(_ headers: HTTPFields) -> Bool { AuthorizationField(headers)?.scheme == .basic }

  private static let missing = RequestError(
    .invalidClient, "The client must authenticate: by HTTP Basic, or by client_id and client_secret.")

  private static let nobody: PublicID = {
    guard let id = PublicID(bytes: [UInt8](repeating: 0, count: 16)) else { preconditionFailure("16 bytes are an ID") }
    return id
  }()

  private static func basic(_ field: AuthorizationField?) throws(RequestError) -> (id: String, secret: String)? {
    guard let field, field.scheme == .basic else { return nil }
    guard let credentials = field.credentials, let bytes = Base64.decode(credentials),
      let colon = bytes.firstIndex(of: UInt8(ascii: ":"))
    else {
      throw RequestError(.invalidClient, "Authorization: expected an ID, a colon and a Secret in base64 after Basic")
    }
    return (text(bytes[..<colon]), text(bytes[(colon + 1)...]))
  }

  private static func text(_ bytes: ArraySlice<UInt8>) -> String {
    PercentEncoding.decode(bytes) ?? String(decoding: bytes, as: UTF8.self)
  }
}
