import CredentialLedger
public import HTTPSupport
import HTTPTypes
import Hummingbird

/// What clients learn of this server as a resource that tokens open (RFC 9728).
extension TokenService {
  static let resourceMetadataPath = "/.well-known/oauth-protected-resource"

  var resourceMetadata: Response {
    .json(
      .object([
        ("resource", .string(origin)), ("authorization_servers", .array([.string(origin)])),
        ("bearer_methods_supported", .array([.string("header")])),
        ("scopes_supported", .array(Scopes.all.description.split(separator: ",").map { .string(String($0)) })),
        ("dpop_signing_alg_values_supported", .array(DPoPProofs.algorithms.map { .string($0) })),
        ("dpop_bound_access_tokens_required", .bool(false)),
      ]), headers: [.cacheControl: "max-age=300"])
  }

  /// The challenge for a request whose token is not good, with where to learn how to get one.
  ///
  /// - Parameters:
  ///   - token: how the token is to come; nil for any way.
  ///   - code: why it is refused, by a code of RFC 6750 or RFC 9449.
  public func challenge(_ token: PresentedToken.Scheme?, error code: String) -> String {
    let error = #", error="\#(code)""#
    let metadata = #", resource_metadata="\#(origin + Self.resourceMetadataPath)""#
    guard token == .dpop else { return #"Bearer realm="credledger""# + error + metadata }
    return #"DPoP realm="credledger", algs="\#(DPoPProofs.algorithms.joined(separator: " "))""# + error + metadata
  }
}
