import CredentialLedger
import HTTPSupport
import JWTKit
import OutgoingHTTP

/// Why a sign-in by a provider is refused.
enum SignInFailure: Error, Sendable {
  /// The provider did not answer in time, or with something else than it must. The text is for the log.
  case unreachable(String)
  /// What came back cannot be trusted. The text is for the log, and no browser sees it.
  case unverified(String)
  /// The person did not go on there, or the provider did not let them (RFC 6749 section 4.1.2.1).
  case cancelled
  /// The account is of a domain or a tenant that may not sign in.
  case domain(String)
  /// The person did not sign in as newly as it was asked for. The text is for the log.
  case notFresh(String)

  /// For the log.
  var reason: String {
    switch self {
    case .unreachable(let text), .unverified(let text), .notFresh(let text): text
    case .cancelled: "access_denied: the sign-in was cancelled at the provider"
    case .domain: "the domain or tenant is not among those allowed"
    }
  }
}

/// Talks to a provider: reads its documents, trades codes, and verifies what it signs.
actor ProviderConnection {
  /// What the discovery document says (OpenID Connect Discovery 1.0).
  struct Discovery: Sendable {
    let authorization: String
    let token: String
    let keys: String
    let endSession: String?
    /// Whether every answer names the issuer (RFC 9207 section 3).
    let namesIssuer: Bool
    /// Whether the client's secret goes into the form: where the provider says that it takes it there, and in no header.
    let takesSecretInForm: Bool
  }

  let provider: IdentityProvider
  private let outgoing: OutgoingClient
  private var discovery: (document: Discovery, readAt: Timestamp)?
  private var keys: (collection: JWTKeyCollection, readAt: Timestamp)?
  /// How long documents are used before they are read anew.
  private static let life = Duration.seconds(3_600)
  /// Bounds how often the keys are read before their time. Anybody may send a token that none of them has signed.
  private let rereads = Throttle("keys", limit: 20)
  /// Bounds how often a provider that fails is asked for its documents. Anybody may begin a sign-in.
  private let failures = Throttle("documents", limit: 20)

  /// - Parameter outgoing: calls providers, which the operator names.
  init(_ provider: IdentityProvider, by outgoing: OutgoingClient) {
    self.provider = provider
    self.outgoing = outgoing
  }

  /// The endpoints of the provider.
  func endpoints(at now: Timestamp) async throws(SignInFailure) -> Discovery {
    if let discovery, now - discovery.readAt < Self.life { return discovery.document }
    try requireFewFailures()
    do throws(SignInFailure) {
      let document = try await readDiscovery()
      discovery = (document, now)
      return document
    } catch {
      failures.note("")
      throw error
    }
  }

  private func readDiscovery() async throws(SignInFailure) -> Discovery {
    let base = provider.issuer.hasSuffix("/") ? String(provider.issuer.dropLast()) : provider.issuer
    let value = try await fetch(base + "/.well-known/openid-configuration")
    guard value["issuer"]?.text == provider.issuer else {
      throw .unverified("the discovery document is of another issuer")
    }
    func endpoint(_ name: String) throws(SignInFailure) -> String {
      guard let url = value[name]?.text, provider.mayName(url) else {
        throw .unverified("the discovery document has no \(name) over TLS")
      }
      return url
    }
    var methods: [String] = []
    if case .array(let items)? = value["token_endpoint_auth_methods_supported"] { methods = items.compactMap(\.text) }
    return Discovery(
      authorization: try endpoint("authorization_endpoint"), token: try endpoint("token_endpoint"),
      keys: try endpoint("jwks_uri"), endSession: try? endpoint("end_session_endpoint"),
      namesIssuer: value["authorization_response_iss_parameter_supported"]?.truth ?? false,
      takesSecretInForm: methods.contains("client_secret_post") && !methods.contains("client_secret_basic"))
  }

  private func requireFewFailures() throws(SignInFailure) {
    do throws(RequestError) { try failures.check("") } catch {
      throw .unreachable("the provider failed too often in the last minute to be asked again")
    }
  }

  /// Trades a code for an ID token (RFC 6749 section 4.1.3, RFC 7636).
  func trade(
    code: String, verifier: String, redirectURI: String, at now: Timestamp
  ) async throws(SignInFailure) -> String {
    let endpoints = try await endpoints(at: now)
    var headers = [("Content-Type", "application/x-www-form-urlencoded")]
    var fields = [
      ("grant_type", "authorization_code"), ("code", code), ("code_verifier", verifier),
      ("redirect_uri", redirectURI),
    ]
    if let secret = provider.secret, !endpoints.takesSecretInForm {
      // RFC 6749 section 2.3.1: both parts are form-encoded first.
      let pair = "\(PercentEncoding.encode(provider.clientID)):\(PercentEncoding.encode(secret.text))"
      headers.append(("Authorization", "Basic " + Base64.encode(Array(pair.utf8))))
    } else {
      fields.append(("client_id", provider.clientID))
      if let secret = provider.secret { fields.append(("client_secret", secret.text)) }
    }
    let body = fields.map { "\($0.0)=\(PercentEncoding.encode($0.1))" }.joined(separator: "&")
    guard let token = try await fetch(endpoints.token, "POST", headers, Array(body.utf8))["id_token"]?.text else {
      throw .unverified("the token endpoint gave no ID token")
    }
    return token
  }

  /// Verifies the signature of a token. Keys that were rotated are read anew, once for a token and 20 times a minute at most.
  func claims<Claims: JWTPayload>(
    of token: String, as type: Claims.Type, at now: Timestamp
  ) async throws(SignInFailure) -> Claims {
    let isOld = keys.map { now - $0.readAt >= Self.life } ?? true
    let collection = try await keys(refreshing: isOld, at: now)
    if let claims = try? await collection.verify(token, as: type) { return claims }
    guard !isOld else { throw .unverified("the signature is not by a key of the provider") }
    do throws(RequestError) { try rereads.take("") } catch {
      throw .unverified("the signature is not by a key of the provider, and its keys were read just now")
    }
    let newer = try await keys(refreshing: true, at: now)
    guard let claims = try? await newer.verify(token, as: type) else {
      throw .unverified("the signature is not by a key of the provider")
    }
    return claims
  }

  private func keys(refreshing: Bool, at now: Timestamp) async throws(SignInFailure) -> JWTKeyCollection {
    if let keys, !refreshing { return keys.collection }
    let address = try await endpoints(at: now).keys
    try requireFewFailures()
    do throws(SignInFailure) {
      let collection = try await ProviderKeys.read(try await read(address))
      keys = (collection, now)
      return collection
    } catch {
      failures.note("")
      throw error
    }
  }

  private func fetch(
    _ url: String, _ method: String = "GET", _ headers: [(String, String)] = [], _ body: [UInt8]? = nil
  ) async throws(SignInFailure) -> JSONValue {
    let bytes = try await read(url, method, headers, body)
    guard let value = try? JSONParser.parse(bytes) else { throw .unreachable("the provider’s answer is not JSON") }
    return value
  }

  private func read(
    _ url: String, _ method: String = "GET", _ headers: [(String, String)] = [], _ body: [UInt8]? = nil
  ) async throws(SignInFailure) -> [UInt8] {
    let answer: OutgoingAnswer
    do throws(OutgoingError) { answer = try await outgoing.call(method, url, headers: headers, body: body) } catch {
      throw .unreachable("the provider did not answer: \(error.reason)")
    }
    switch answer.status {
    case 200: return answer.body
    // RFC 6749 section 5.2: the code was used, or is not for this verifier or client.
    case 400...401 where body != nil: throw .unverified("the token endpoint refused the code with \(answer.status)")
    default: throw .unreachable("the provider answered \(answer.status)")
    }
  }
}
