import CredentialLedger
import HTTPSupport

/// A request for authorization (RFC 6749 section 4.1.1), once it is known where its answer may go.
struct AuthorizeRequest: Sendable {
  let connector: Connector
  let redirectURI: String
  let state: String?
  let codeChallenge: String?
  /// The resource servers that the tokens are for, and the key that the client must prove to redeem the code.
  let conditions: TokenConditions
  /// What is wrong with it, which its client hears by the redirect.
  let error: String?

  /// - Throws: where the client or the address is unknown: then the browser is not to be sent anywhere.
  init(_ parameters: FormFields, _ service: TokenService) throws(RequestError) {
    let ledger = service.ledger
    let id = try parameters.required("client_id")
    let known: Connector?
    do throws(LedgerError) {
      known = try PublicID(id).flatMap { (id) throws(LedgerError) in try ledger.connectors.connector(publicID: id) }
    } catch { throw RequestError(error) }
    guard let known, !known.isDeleted else { throw .field("client_id", "the ID of a connector") }
    connector = known
    if let uri = parameters["redirect_uri"] {
      guard known.accepts(redirectURI: uri) else {
        throw .field("redirect_uri", "an address that is registered for the connector")
      }
      redirectURI = uri
    } else {
      guard known.details.redirectUris.count == 1, let only = known.details.redirectUris.first else {
        throw .field("redirect_uri", "an address, since the connector has not exactly one")
      }
      redirectURI = only
    }
    state = parameters["state"]
    codeChallenge = parameters["code_challenge"]
    let isOfCode = parameters["response_type"].map { $0 == "code" } ?? true
    // Without a method it would mean plain, which shows the verifier to whoever sees the request.
    let isChallengeGood =
      codeChallenge.map { $0.utf8.count == 43 && parameters["code_challenge_method"] == "S256" } ?? true
    var problem = !isOfCode ? "unsupported_response_type" : isChallengeGood ? nil : "invalid_request"
    do throws(RequestError) { conditions = try service.conditions(ofAuthorization: parameters) } catch {
      conditions = .none
      guard error.kind == .invalidTarget || error.kind == .invalid else { throw error }
      problem = problem ?? (error.kind == .invalidTarget ? "invalid_target" : "invalid_request")
    }
    error = problem
  }

  /// The refusal of a request that was pushed, whose client hears at once.
  func refusal(_ error: String) -> RequestError {
    switch error {
    case "invalid_target": RequestError(.invalidTarget, "resource: expected addresses of resource servers")
    case "unsupported_response_type": .field("response_type", "code")
    default: .field("code_challenge", "43 characters, with the method S256; and dpop_jkt a thumbprint, if any")
    }
  }

  /// Where the browser is sent. Query parameters that the address has are kept.
  func location(_ answer: [(String, String)], issuer: String) -> String {
    let fields = answer + (state.map { [("state", $0)] } ?? []) + [("iss", issuer)]
    let query = fields.map { "\($0.0)=\(PercentEncoding.encode($0.1))" }.joined(separator: "&")
    return redirectURI + (redirectURI.contains("?") ? "&" : "?") + query
  }
}
