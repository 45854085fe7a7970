import CredentialLedger
import HTTPSupport
import HTTPTypes
import Hummingbird

/// The authorization endpoint (RFC 6749 section 3.1): checks what a client asks, and sends the browser to the page on which a
/// person answers.
extension TokenService {
  static let authorizePaths = ["/oauth2/authorize", "/api/Oauth/Authorize"]

  var authorizeRoutes: [Route] {
    Self.authorizePaths.map { path in
      Route(.get, path, errors: .both) { (request, context) throws(RequestError) in
        let parameters = try authorizationParameters(try FormFields(Array((request.uri.query ?? "").utf8)))
        let authorize = try AuthorizeRequest(parameters, self)
        if let error = authorize.error { return redirect(authorize.request, [("error", error)]) }
        let name = authorizations.keep(authorize.request, from: context.network)
        return Self.onward(to: WaitingAuthorizations.page + name)
      }
    }
  }

  /// Sends the browser back to the client.
  func redirect(_ request: AuthorizationRequest, _ answer: [(String, String)]) -> Response {
    Self.onward(to: request.location(answer, issuer: origin))
  }

  private static func onward(to location: String) -> Response {
    Response(
      status: .seeOther,
      headers: [
        .location: location, .cacheControl: "no-store", .contentLength: "0", .referrerPolicy: "no-referrer",
      ])
  }
}
