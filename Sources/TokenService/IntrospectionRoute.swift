import CredentialLedger
import HTTPSupport
import HTTPTypes
import Hummingbird

/// Token introspection (RFC 7662).
extension TokenService {
  /// Who asks about a token.
  private enum Asker {
    case connector(PublicID)
    case resourceServer(ResourceServer)

    /// Whether it is told of a token. A connector hears of its own, a resource server of those that are not restricted to
    /// others; a resource server without an address looks at the audiences itself.
    func mayKnow(_ token: Introspection) -> Bool {
      switch self {
      case .connector(let id): token.clientID == id
      case .resourceServer(let server):
        token.audiences.allow(server.audience == nil ? .any : .resourceServer(server.id))
      }
    }
  }

  /// Answers a caller that shows a Secret. A token that the caller may not know of is not active.
  func introspect(_ request: Request, _ body: [UInt8], _ context: HTTPContext) throws(RequestError) -> WholeAnswer {
    let form = try request.form(of: body)
    let client = try ClientCredentials(request.headers, form)
    let asker = try authenticate(client, context)
    let token = try form.required("token")
    let found: Introspection
    do throws(LedgerError) { found = try ledger.tokens.introspect(token) } catch { throw RequestError(error) }
    guard found.active, let clientID = found.clientID, asker.mayKnow(found) else {
      return .credential(.object([("active", .bool(false))]))
    }
    var answer = JSONObjectText()
    answer.add("active", true)
    answer.add("scope", found.scope ?? "")
    answer.add("client_id", clientID.description)
    answer.add("iss", origin)
    answer.add("sub", found.subject?.description ?? clientID.description)
    if let handle = found.handle { answer.add("jti", handle.description) }
    if found.kind == .access { answer.add("token_type", found.keyThumbprint == nil ? "Bearer" : "DPoP") }
    if let expiresAt = found.expiresAt { answer.add("exp", expiresAt.wholeSeconds) }
    if let issuedAt = found.issuedAt { answer.add("iat", issuedAt.wholeSeconds) }
    if found.audiences.isRestricted {
      answer.add("aud", .array(try names(of: found.audiences).map { .string($0) }))
    }
    if let key = found.keyThumbprint { answer.add("cnf", .object([("jkt", .string(Base64URL.encode(key.bytes)))])) }
    if let group = found.groupPublicID { answer.add("group_id", group.description) }
    return .credential(json: answer.finish())
  }

  private func authenticate(
    _ client: ClientCredentials, _ context: HTTPContext
  ) throws(RequestError) -> Asker {
    let address = context.network
    try limits.failures.check(address)
    do throws(LedgerError) {
      if try ledger.resourceServers.server(publicID: client.connector) != nil {
        return .resourceServer(try ledger.resourceServers.authenticate(client.connector, secret: client.secret))
      }
      try ledger.connectors.check(client.connector, secret: client.secret)
      return .connector(client.connector)
    } catch {
      let refused = RequestError(error)
      if refused.kind == .invalidClient { limits.failures.note(address) }
      throw refused
    }
  }
}

extension Timestamp {
  /// Seconds since the Unix epoch, the fraction dropped.
  var wholeSeconds: Int64 { milliseconds / 1_000 }
}
