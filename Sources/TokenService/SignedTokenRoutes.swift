import CredentialLedger
import HTTPSupport
import Hummingbird

/// Signed access tokens (RFC 9068), and the keys that verify them (RFC 7517).
extension TokenService {
  static let keysPath = "/.well-known/jwks.json"

  var verifyingKeys: Response {
    get throws(RequestError) {
      let known: [TokenVerifyingKey]
      do throws(LedgerError) { known = try ledger.tokens.verifyingKeys } catch { throw RequestError(error) }
      let keys = known.map { known -> JSONValue in
        .object([
          ("kty", .string("EC")), ("crv", .string("P-256")), ("x", .string(Base64URL.encode(known.key.x))),
          ("y", .string(Base64URL.encode(known.key.y))), ("use", .string("sig")), ("alg", .string("ES256")),
          ("kid", .string(known.identifier)),
        ])
      }
      return .json(.object([("keys", .array(keys))]), headers: [.cacheControl: "max-age=300"])
    }
  }

  /// An access token in the form that its connector is to get: signed, for those it is restricted to or else for this server,
  /// where the connector asks for that.
  func presentable(
    _ token: AccessToken, isSigned: Bool, for audiences: Audiences
  ) throws(RequestError) -> AccessToken {
    guard isSigned else { return token }
    let names = audiences.isRestricted ? try names(of: audiences) : [origin]
    do throws(LedgerError) {
      return try ledger.tokens.signed(
        token, .init(issuer: origin, audiences: names, statusLists: origin + Self.statusListsPath))
    } catch { throw RequestError(error) }
  }
}
