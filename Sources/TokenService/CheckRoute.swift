import CredentialLedger
public import HTTPSupport
import HTTPTypes
public import Hummingbird

/// What gateways ask at each request: whether it carries a good access token. Any method and any path below is the same, and no
/// body is read, since gateways send the request of their own client, its head at least.
extension TokenService {
  /// The path, and what stands below it.
  public static let checkPath = "/check"

  /// The route of ``checkPath``.
  public var check: PrefixRoute {
    PrefixRoute(immediately: Self.checkPath) { (request, _, _) throws(RequestError) in try answerCheck(request) }
  }

  /// 200 with who it is, 401, or 403 where a scope is asked for that the token does not have. Nothing else but where the
  /// ledger cannot be read: to nginx, for instance, anything else is a failure of its own.
  private func answerCheck(_ request: Request) throws(RequestError) -> WholeAnswer {
    let parameters = request.uri.query.flatMap { try? FormFields(Array($0.utf8)) }
    let token: PresentedToken
    let key: ProvenKey?
    do throws(RequestError) {
      token = try PresentedToken(request)
      key = try provenKey(token, request, OriginalRequest(request, origin: origin))
    } catch {
      throw refused(error)
    }
    let verdict: Verdict
    do throws(LedgerError) {
      verdict = try ledger.tokens.validate(
        token.text, provenKey: key?.thumbprint, at: try target(request, parameters))
    } catch { throw RequestError(error) }
    guard case .valid(let claims) = verdict else {
      throw RequestError(
        .invalidToken, "The access token is not good.",
        headers: [.wwwAuthenticate: challenge(verdict.needsProof ? .dpop : token.scheme, error: "invalid_token")])
    }
    try key?.take()
    let wanted = scopes(askedBy: request)
    guard let wanted, claims.scopes.isSuperset(of: wanted) else {
      throw RequestError(
        .forbidden, "The access token lacks a scope.",
        headers: [.wwwAuthenticate: #"Bearer realm="credledger", error="insufficient_scope""#])
    }
    do throws(LedgerError) {
      var headers: HTTPFields = [.cacheControl: "no-store", .contentLength: "0"]
      let texts = try texts.texts(of: claims, in: ledger)
      headers[.connector] = texts.connector
      // Empty without a group: a gateway that copies it then takes away what its client sent under this name.
      headers[.group] = texts.group ?? ""
      headers[.scopes] = texts.scopes
      return WholeAnswer(headers: headers)
    } catch { throw RequestError(error) }
  }

  /// The key that a request to this server proves to have with its token (RFC 9449); nil where it proves none.
  public func provenKey(_ token: PresentedToken, _ request: Request) throws(RequestError) -> ProvenKey? {
    do throws(RequestError) {
      return try provenKey(
        token, request, OriginalRequest(method: request.method.rawValue, url: origin + request.uri.path))
    } catch { throw refused(error) }
  }

  /// How a resource refuses a request whose token or proof is not good: by 401 and a challenge (RFC 9449 section 7.1).
  private func refused(_ error: RequestError) -> RequestError {
    let code: String
    switch error.kind {
    case .invalidProof: code = "invalid_dpop_proof"
    case .useNonce: code = "use_dpop_nonce"
    case .invalidToken: code = "invalid_token"
    default: return error
    }
    var headers = error.headers
    headers[.wwwAuthenticate] = challenge(error.kind == .invalidToken ? nil : .dpop, error: code)
    return RequestError(.invalidToken, error.message, headers: headers)
  }

  private func provenKey(
    _ token: PresentedToken, _ request: Request, _ original: @autoclosure () throws(RequestError) -> OriginalRequest
  ) throws(RequestError) -> ProvenKey? {
    guard request.headers[.dpop] != nil || token.scheme == .dpop else { return nil }
    let asked = try original()
    let now: Timestamp
    do throws(LedgerError) { now = try ledger.now } catch { throw RequestError(error) }
    let key = try proofs.key(
      in: request.headers, for: .init(method: asked.method, url: asked.url, token: token.text), at: now)
    guard let key else { throw RequestError(.invalidProof, "DPoP: expected a proof with a token of this scheme") }
    return ProvenKey(key.thumbprint) { () throws(RequestError) in
      do throws(RequestError) { try key.take() } catch { throw refused(error) }
    }
  }

  /// The resource server that a gateway guards, by `resource` in the query: the ledger's own server unless it is named.
  /// Below the path, the query is of the gateway's client, as Envoy hands it on: a client must not choose the server.
  private func target(_ request: Request, _ parameters: FormFields?) throws(LedgerError) -> TokenTarget {
    guard let resource = parameters?["resource"], resource != origin, resource != origin + "/",
      request.uri.path.utf8.drop(while: { $0 == UInt8(ascii: "/") }).count < Self.checkPath.utf8.count
    else { return .ownServer }
    guard let server = try ledger.resourceServers.server(audience: resource) else {
      // No token is restricted to what there is not.
      return .resourceServer(ResourceServerID(rawValue: 0))
    }
    return .resourceServer(server.id)
  }

  /// The scopes that `scope` in the query names, separated by blanks or commas; nil where one is unknown, which no token has.
  private func scopes(askedBy request: Request) -> Scopes? {
    guard let query = request.uri.query else { return [] }
    guard let text = (try? FormFields(Array(query.utf8)))?["scope"] else {
      return query.contains("scope=") && !query.hasSuffix("scope=") ? nil : []
    }
    return Scopes(text.split(whereSeparator: { $0 == " " || $0 == "," }).joined(separator: ","))
  }
}

/// What a client asked the gateway that asks here.
private struct OriginalRequest {
  let method: String
  let url: String

  init(method: String, url: String) {
    self.method = method
    self.url = url
  }

  /// As the gateway says it: by `X-Original-URL`; by `X-Forwarded-Proto`, `-Host` and `-Uri`; or by the host and the path
  /// below this route's. A gateway must not let its own clients set these.
  ///
  /// - Throws: `invalidProof` where these differ. Traefik and Caddy set the second form and hand the first on as it came, so a
  ///   client could choose what its proof is compared with.
  init(_ request: Request, origin: String) throws(RequestError) {
    let headers = request.headers
    let scheme = headers[.forwardedScheme] ?? (origin.hasPrefix("https:") ? "https" : "http")
    let host = headers[.forwardedHost] ?? request.head.authority ?? ""
    let forwarded = headers[.forwardedPath].map { "\(scheme)://\(host)\($0)" }
    let whole = headers[.originalURL] ?? forwarded
    let path = headers[.originalPath]
    if let forwarded, whole != forwarded {
      throw RequestError(.invalidProof, "X-Original-URL: expected the address that X-Forwarded-Uri is of")
    }
    if let whole, let path, Self.path(of: whole) != Substring(path) {
      throw RequestError(.invalidProof, "X-Original-URI: expected the path of the address that the other fields have")
    }
    let methods = [headers[.originalMethod], headers[.forwardedMethod]].compactMap { $0 }
    guard Set(methods).count <= 1 else {
      throw RequestError(.invalidProof, "X-Original-Method: expected the method that is in X-Forwarded-Method")
    }
    method = methods.first ?? request.method.rawValue
    url = whole ?? "\(scheme)://\(host)" + (path ?? String(request.uri.path.dropFirst(TokenService.checkPath.count)))
  }

  /// The path and the query of an address; nil for one that has none.
  private static func path(of url: String) -> Substring? {
    guard let mark = url.firstRange(of: "://") else { return nil }
    let rest = url[mark.upperBound...]
    return rest.firstIndex(of: "/").map { rest[$0...] }
  }
}

extension HTTPField.Name {
  fileprivate static let connector = named("X-Connector")
  fileprivate static let group = named("X-Group")
  fileprivate static let scopes = named("X-Scopes")
  fileprivate static let originalMethod = named("X-Original-Method")
  fileprivate static let forwardedMethod = named("X-Forwarded-Method")
  fileprivate static let originalURL = named("X-Original-URL")
  fileprivate static let forwardedScheme = named("X-Forwarded-Proto")
  fileprivate static let forwardedHost = named("X-Forwarded-Host")
  fileprivate static let forwardedPath = named("X-Forwarded-Uri")
  fileprivate static let originalPath = named("X-Original-URI")
}
