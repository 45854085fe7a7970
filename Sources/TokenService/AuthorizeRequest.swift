import CredentialLedger
import HTTPSupport

/// A request for authorization (RFC 6749 section 4.1.1), once it is known where its answer may go.
struct AuthorizeRequest: Sendable {
  /// What is asked; of no use where there is an ``error``.
  let request: AuthorizationRequest
  static let maximumStateBytes = 4_096

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
    guard let known, !known.isDeleted, !known.isInactive else { throw .field("client_id", "the ID of a connector") }
    let redirectURI = try Self.redirectURI(parameters, of: known)
    // It is kept until a person answers.
    guard (parameters["state"] ?? "").utf8.count <= Self.maximumStateBytes else {
      throw .field("state", "at most \(Self.maximumStateBytes) bytes")
    }
    let codeChallenge = parameters["code_challenge"]
    let isOfCode = parameters["response_type"].map { $0 == "code" } ?? true
    // Without a method it would mean plain, which shows the verifier to everybody who sees the request.
    let isChallengeGood =
      codeChallenge.map { $0.utf8.count == 43 && parameters["code_challenge_method"] == "S256" }
      ?? !known.requiresPKCE
    var problem = !isOfCode ? "unsupported_response_type" : isChallengeGood ? nil : "invalid_request"
    var conditions = TokenConditions.none
    do throws(RequestError) { conditions = try service.conditions(ofAuthorization: parameters) } catch {
      guard error.kind == .invalidTarget || error.kind == .invalid else { throw error }
      problem = problem ?? (error.kind == .invalidTarget ? "invalid_target" : "invalid_request")
    }
    // Names that are not known here, such as openid, ask for nothing in particular.
    let asked = parameters["scope"].map { Scopes(asked: $0.replacing(",", with: " ")) } ?? []
    let scopes = asked.isEmpty ? known.scopes : known.scopes.intersection(asked)
    if scopes.isEmpty { problem = problem ?? "invalid_scope" }
    let prompt = AuthorizationRequest.Prompt(parameters["prompt"] ?? "")
    if prompt.contains(.none), prompt != .none { problem = problem ?? "invalid_request" }
    let maximumAge = parameters["max_age"].map { Int64($0) ?? -1 }
    if let maximumAge, maximumAge < 0 { problem = problem ?? "invalid_request" }
    request = AuthorizationRequest(
      connector: known, redirectURI: redirectURI, state: parameters["state"], codeChallenge: codeChallenge,
      conditions: conditions, scopes: scopes, prompt: prompt, maximumAge: maximumAge)
    error = problem
  }

  private static func redirectURI(
    _ parameters: FormFields, of connector: Connector
  ) throws(RequestError) -> String {
    if let uri = parameters["redirect_uri"] {
      guard connector.accepts(redirectURI: uri) else {
        throw .field("redirect_uri", "an address that is registered for the connector")
      }
      return uri
    }
    guard connector.details.redirectUris.count == 1, let only = connector.details.redirectUris.first else {
      throw .field("redirect_uri", "an address, since the connector has not exactly one")
    }
    return only
  }

  /// The refusal of a request that was pushed, whose client hears at once.
  func refusal(_ error: String) -> RequestError {
    switch error {
    case "invalid_target": RequestError(.invalidTarget, "resource: expected addresses of resource servers")
    case "invalid_scope": RequestError(.invalidScope, "scope: expected one that the connector has")
    case "unsupported_response_type": .field("response_type", "code")
    default:
      .field(
        "code_challenge", "43 characters, with the method S256; and dpop_jkt, prompt and max_age well-formed, if any")
    }
  }
}
