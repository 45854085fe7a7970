import CredentialLedger
public import HTTPSupport
import HTTPTypes
import Hummingbird

/// What gateways ask at each request: whether it carries a good access token. Any method and any path below is the same, and no
/// body is read, since gateways send the request of their own client, its head at least.
extension TokenService {
  /// The path, and what stands below it.
  public static let checkPath = "/check"

  /// The route of ``checkPath``.
  public var check: PrefixRoute {
    PrefixRoute(Self.checkPath) { (request, _) throws(RequestError) in try answerCheck(request) }
  }

  /// 200 with who it is, 401, or 403 where a scope is asked for that the token does not have. Nothing else but where the
  /// ledger cannot be read: to nginx, for instance, anything else is a failure of its own.
  private func answerCheck(_ request: Request) throws(RequestError) -> Response {
    let token = try PresentedToken.read(request)
    let verdict: Verdict
    do throws(LedgerError) { verdict = try ledger.tokens.validate(token) } catch { throw RequestError(error) }
    guard case .valid(let claims) = verdict else {
      throw RequestError(.invalidToken, "The access token is not good.")
    }
    let wanted = scopes(askedBy: request)
    guard let wanted, claims.scopes.isSuperset(of: wanted) else {
      throw RequestError(
        .forbidden, "The access token lacks a scope.",
        headers: [.wwwAuthenticate: #"Bearer realm="credledger", error="insufficient_scope""#])
    }
    do throws(LedgerError) {
      var headers: HTTPFields = [.cacheControl: "no-store", .contentLength: "0"]
      if let connector = try ledger.connectors.connector(claims.connector) {
        headers[.connector] = connector.publicID.description
      }
      if let group = claims.group, let known = try ledger.groups.group(group) {
        headers[.group] = known.publicID.description
      }
      headers[.scopes] = claims.scopes.oauthText
      return Response(status: .ok, headers: headers)
    } catch { throw RequestError(error) }
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

extension HTTPField.Name {
  fileprivate static let connector = named("X-Connector")
  fileprivate static let group = named("X-Group")
  fileprivate static let scopes = named("X-Scopes")
}
