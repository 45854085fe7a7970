public import CredentialLedger
import HTTPTypes
public import Hummingbird

/// The access token that a request carries.
public struct PresentedToken: Sendable {
  /// How it came.
  public enum Scheme: Sendable {
    /// In the header `accessToken` (Kaizala) or as `Authorization: Bearer` (RFC 6750).
    case bearer
    /// As `Authorization: DPoP` (RFC 9449 section 7.1), with the proof of a key.
    case dpop
  }

  public let text: String
  public let scheme: Scheme

  /// Reads it from the header `accessToken` (Kaizala), `Authorization: Bearer` (RFC 6750) or `Authorization: DPoP`
  /// (RFC 9449); each is as good.
  ///
  /// - Throws: `invalidToken` where there is none, where two differ, and where one comes in the query, which logs keep.
  public init(_ request: Request) throws(RequestError) {
    let plain = request.headers.value(of: .kaizalaAccessToken).flatMap { $0.isEmpty ? nil : $0 }
    let field = AuthorizationField(request.headers)
    let authorized = field?.scheme == .bearer || field?.scheme == .dpop ? field?.credentials : nil
    if let plain, let authorized, plain != authorized {
      throw RequestError(.invalidToken, "The request carries two access tokens that differ.")
    }
    guard let token = authorized ?? plain else {
      throw RequestError(.invalidToken, "The request carries no access token in a header.")
    }
    text = token
    scheme = authorized != nil && field?.scheme == .dpop ? .dpop : .bearer
  }
}

extension Verdict {
  /// Whether the token is bound to a key that its holder did not prove to have.
  public var needsProof: Bool { if case .invalid(.wrongKey) = self { true } else { false } }
}
