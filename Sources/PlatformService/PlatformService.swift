public import CredentialLedger
public import HTTPSupport
import HTTPTypes
public import Hummingbird
public import MessageStore
public import OutgoingHTTP

/// The routes that access tokens open: groups with their people and messages, and webhooks, in the form of the Kaizala Connector API.
///
/// Each route is bound to a scope of the token, and to what the token's granter may do in the group. To a token a group that it
/// does not reach does not exist.
public struct PlatformService: Sendable {
  let ledger: Ledger
  let messages: any MessagingBackend
  /// Calls the addresses of webhooks.
  let outgoing: OutgoingClient
  /// The greatest body that is read, in bytes.
  let bodyLimit: Int
  private let connectorCalls: Throttle
  private let organisationCalls: Throttle
  private let provenKey: KeyProof
  private let challenge: Challenge

  /// The key that a request proves to have with its token (RFC 9449); nil where it proves none.
  public typealias KeyProof =
    @Sendable (_ token: PresentedToken, _ request: Request) throws(RequestError) -> ProvenKey?

  /// The challenge for a request whose token is missing or not good, by the scheme that it is to come by; nil where it came by none.
  public typealias Challenge = @Sendable (_ scheme: PresentedToken.Scheme?) -> String

  /// - Parameters:
  ///   - ledger: open for writing.
  ///   - messages: where messages are kept.
  ///   - outgoing: calls the addresses of webhooks.
  ///   - bodyLimit: the greatest body that is read, in bytes.
  ///   - connectorCalls: calls a minute of one connector; 0 for any number.
  ///   - organisationCalls: calls a minute of all connectors together; 0 for any number.
  ///   - challenge: tells those without a good token where to learn how to get one (RFC 9728 section 5.1).
  ///   - provenKey: checks proofs of keys. Without it tokens that are bound to a key are refused.
  public init(
    _ ledger: Ledger, messages: any MessagingBackend, outgoing: OutgoingClient, bodyLimit: Int, connectorCalls: Int,
    organisationCalls: Int, challenge: @escaping Challenge, provenKey: @escaping KeyProof = { _, _ in nil }
  ) {
    self.challenge = challenge
    self.provenKey = provenKey
    self.ledger = ledger
    self.messages = messages
    self.outgoing = outgoing
    self.bodyLimit = bodyLimit
    self.connectorCalls = Throttle("connector", limit: connectorCalls)
    self.organisationCalls = Throttle("organisation", limit: organisationCalls)
  }

  /// All routes, each with and without `/v1` before it, since published documents write both.
  public var routes: [Route] {
    profileRoutes + groupRoutes + subgroupRoutes + memberRoutes + subscriberRoutes + messageRoutes + webhookRoutes
      + tenantRoutes + laterRoutes
  }

  /// A route that a token with the scopes opens.
  ///
  /// - Parameters:
  ///   - path: without `/v1`, with captures as `{name}`.
  ///   - body: gives the members of the answer.
  func route(
    _ method: HTTPRequest.Method, _ path: String, needing scopes: Scopes,
    _ body: @escaping @Sendable (PlatformCall) async throws(RequestError) -> JSONValue
  ) -> [Route] {
    responding(method, path, needing: scopes) { (call) throws(RequestError) in
      .json(try await body(call), headers: [.cacheControl: "no-store"])
    }
  }

  /// The same, of a route that makes its answer itself.
  func responding(
    _ method: HTTPRequest.Method, _ path: String, needing scopes: Scopes,
    _ body: @escaping @Sendable (PlatformCall) async throws(RequestError) -> Response
  ) -> [Route] {
    ["/v1" + path, path].map { path in
      var route = Route(method, path, isCrossOrigin: true) { (request, context) throws(RequestError) in
        try await body(try admit(request, context, needing: scopes))
      }
      route.scopes = scopes
      return route
    }
  }

  /// The same, of a route whose bodies are most often small.
  func responding(
    whole method: HTTPRequest.Method, _ path: String, needing scopes: Scopes,
    _ body: @escaping @Sendable (PlatformCall) async throws(RequestError) -> WholeAnswer
  ) -> [Route] {
    ["/v1" + path, path].map { path in
      var route = Route(
        method, path, isCrossOrigin: true,
        whole: { (request, bytes, context) throws(RequestError) -> WholeAnswer in
          try await body(try admit(request, context, needing: scopes, body: bytes))
        },
        { (request, context) throws(RequestError) -> Response in
          try await body(try admit(request, context, needing: scopes)).response
        })
      route.scopes = scopes
      return route
    }
  }

  /// The same, of a route that can most often be answered at once.
  ///
  /// - Parameter trying: nil where something has to be waited for; then `body` answers.
  func responding(
    _ method: HTTPRequest.Method, _ path: String, needing scopes: Scopes,
    trying: @escaping @Sendable (PlatformCall) throws(RequestError) -> WholeAnswer?,
    _ body: @escaping @Sendable (PlatformCall) async throws(RequestError) -> Response
  ) -> [Route] {
    ["/v1" + path, path].map { path in
      var route = Route(
        method, path, isCrossOrigin: true,
        trying: { (request, _, context) throws(RequestError) -> WholeAnswer? in
          // A proof of a key is good for one look, and this may not be the last.
          guard request.headers[.dpop] == nil else { return nil }
          let call = try admit(request, context, needing: scopes)
          if let answer = try trying(call) { return answer }
          connectorCalls.giveBack(String(call.claims.connector.rawValue))
          organisationCalls.giveBack("")
          return nil
        },
        { (request, context) throws(RequestError) -> Response in
          try await body(try admit(request, context, needing: scopes))
        })
      route.scopes = scopes
      return route
    }
  }

  /// The call that a request is, once its token is found good and within its limits.
  ///
  /// - Parameter body: where it came whole.
  private func admit(
    _ request: Request, _ context: HTTPContext, needing scopes: Scopes, body: [UInt8]? = nil
  ) throws(RequestError) -> PlatformCall {
    let token: PresentedToken
    do throws(RequestError) { token = try PresentedToken(request) } catch { throw challenged(error, nil) }
    let key = try provenKey(token, request)
    let verdict = try asking { () throws(LedgerError) in
      try ledger.tokens.validate(token.text, provenKey: key?.thumbprint)
    }
    guard case .valid(let claims) = verdict else {
      throw challenged(
        RequestError(.invalidToken, "The access token is not good."), verdict.needsProof ? .dpop : token.scheme)
    }
    try key?.take()
    try connectorCalls.take(String(claims.connector.rawValue))
    try organisationCalls.take("")
    guard let grant = claims.grant else {
      throw RequestError(.forbidden, "The access token is the connector's own, and opens nothing of people or groups.")
    }
    guard claims.scopes.isSuperset(of: scopes) else {
      throw RequestError(
        .forbidden, "The access token lacks the scope \(scopes).",
        headers: [.wwwAuthenticate: #"Bearer realm="credledger", error="insufficient_scope""#])
    }
    return PlatformCall(
      request: request, wholeBody: body, context: context, claims: claims, grant: grant, service: self)
  }

  /// A refusal, with the challenge where it is one of the token.
  private func challenged(_ error: RequestError, _ scheme: PresentedToken.Scheme?) -> RequestError {
    guard error.kind == .invalidToken else { return error }
    var refusal = error
    refusal.headers[.wwwAuthenticate] = challenge(scheme)
    return refusal
  }

  /// What a caller whose token was good is told of a refusal: where the token was stopped meanwhile, with the challenge.
  func refusal(_ error: LedgerError) -> RequestError { challenged(RequestError(platform: error), nil) }

  /// Calls the ledger, and turns what it refuses into what a client is told.
  func asking<Result>(_ body: () throws(LedgerError) -> Result) throws(RequestError) -> Result {
    do throws(LedgerError) { return try body() } catch { throw refusal(error) }
  }

  /// As the other, of a call that waits.
  func asking<Result>(_ body: () async throws(LedgerError) -> Result) async throws(RequestError) -> Result {
    do throws(LedgerError) { return try await body() } catch { throw refusal(error) }
  }
}

extension RequestError {
  /// What a refusal means to a caller whose token is good: where the token was stopped meanwhile it is the token.
  fileprivate init(platform error: LedgerError) {
    if error.code == .invalidToken {
      self.init(.invalidToken, error.reason)
    } else if error.code.kind == .notFound, error.field == "members" || error.field == "people" {
      // It is somebody whom the body names who is not there, and the group of the path is.
      self.init(.invalid, error.onTheWire.reason)
    } else {
      self.init(error.onTheWire)
    }
  }
}

extension LedgerError {
  /// The fields that clients know by another name.
  private static let wireNames = [
    "callbackURL": "callBackUrl", "callbackToken": "callBackToken", "callbackContext": "callBackContext",
    "object": "objectId", "people": "subscribers", "subgroups": "subGroups",
  ]

  /// The same, with the field by the name that the client gave it.
  fileprivate var onTheWire: LedgerError {
    guard let field, let name = Self.wireNames[field], reason.hasPrefix(field) else { return self }
    return LedgerError(
      code, name + reason.dropFirst(field.count), field: name, refusal: refusal, position: position)
  }
}
