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
    var members: [(String, JSONValue)] = [
      ("active", .bool(true)), ("scope", .string(found.scope ?? "")), ("client_id", .string(clientID.description)),
      ("iss", .string(origin)), ("sub", .string(found.subject?.description ?? clientID.description)),
    ]
    if let handle = found.handle { members.append(("jti", .string(handle.description))) }
    if found.kind == .access {
      members.append(("token_type", .string(found.keyThumbprint == nil ? "Bearer" : "DPoP")))
    }
    if let expiresAt = found.expiresAt { members.append(("exp", .integer(expiresAt.wholeSeconds))) }
    if let issuedAt = found.issuedAt { members.append(("iat", .integer(issuedAt.wholeSeconds))) }
    let audiences = try names(of: found.audiences)
    if found.audiences.isRestricted { members.append(("aud", .array(audiences.map { .string($0) }))) }
    if let key = found.keyThumbprint {
      members.append(("cnf", .object([("jkt", .string(Base64URL.encode(key.bytes)))])))
    }
    if let group = found.groupPublicID { members.append(("group_id", .string(group.description))) }
    return .credential(.object(members))
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
