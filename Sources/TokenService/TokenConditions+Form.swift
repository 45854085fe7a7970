import CredentialLedger
import HTTPSupport
import HTTPTypes
import Hummingbird

/// What a client asks of a token besides scopes: resource servers (RFC 8707) and a key (RFC 9449).
extension TokenService {
  /// The conditions of a request at the token endpoint.
  ///
  /// - Parameter path: of the route, which the proof of a key names.
  func conditions(
    _ form: FormFields, _ headers: HTTPFields, path: String
  ) async throws(RequestError) -> TokenConditions {
    let now = try await asking { () throws(LedgerError) in try ledger.now }
    let key = try proofs.thumbprint(in: headers, for: .init(method: "POST", url: origin + path), at: now)
    return TokenConditions(audiences: try audiences(form), keyThumbprint: key)
  }

  /// The conditions of a request for authorization.
  func conditions(ofAuthorization form: FormFields) throws(RequestError) -> TokenConditions {
    var key: KeyThumbprint?
    if let text = form["dpop_jkt"] {
      guard let thumbprint = Base64URL.decode(text).flatMap({ Digest(bytes: $0) }) else {
        throw .field("dpop_jkt", "the SHA-256 thumbprint of a key in base64url, 43 characters")
      }
      key = thumbprint
    }
    return TokenConditions(audiences: try audiences(form), keyThumbprint: key)
  }

  /// The resource servers that a form names; nil where it names none.
  ///
  /// - Throws: `invalidTarget` for one that is not registered, and for more than ``Audiences/maximumCount``.
  func audiences(_ form: FormFields) throws(RequestError) -> Audiences? {
    let named = form.all("resource")
    guard !named.isEmpty else { return nil }
    var servers: [ResourceServerID] = []
    var includesOwn = false
    for uri in named.prefix(Audiences.maximumCount + 1) {
      if uri == origin || uri == origin + "/" {
        includesOwn = true
        continue
      }
      let known: ResourceServer?
      do throws(LedgerError) { known = try ledger.resourceServers.server(audience: uri) } catch {
        throw RequestError(error)
      }
      guard let known else {
        throw RequestError(.invalidTarget, "resource: expected the address of a resource server that is registered")
      }
      servers.append(known.id)
    }
    guard named.count <= Audiences.maximumCount, let audiences = Audiences(servers, includingOwn: includesOwn) else {
      throw RequestError(.invalidTarget, "resource: expected at most \(Audiences.maximumCount)")
    }
    return audiences
  }

  /// The addresses of the resource servers that a token is restricted to; empty where it is good for all.
  func names(of audiences: Audiences) throws(RequestError) -> [String] {
    guard audiences.isRestricted else { return [] }
    var names: [String] = audiences.includesOwn ? [origin] : []
    do throws(LedgerError) {
      for id in audiences.servers {
        if let audience = try ledger.resourceServers.server(id)?.audience { names.append(audience) }
      }
    } catch { throw RequestError(error) }
    return names
  }
}
