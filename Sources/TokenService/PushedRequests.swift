import CredentialLedger
import HTTPSupport
import HTTPTypes
import Hummingbird
import Synchronization

/// Requests for authorization that clients pushed here before they sent a browser (RFC 9126). Kept in memory for a minute,
/// and taken once: a restart forgets them, and the client pushes anew.
final class PushedRequests: Sendable {
  static let prefix = "urn:ietf:params:oauth:request_uri:"
  static let lifetime = Duration.seconds(60)
  /// How many are kept at a time, of all clients and of one.
  static let capacity = 10_000
  static let capacityOfOne = 100
  /// How large one may be, in bytes, since it is kept as it came.
  static let maximumBytes = 32_768

  private struct Pushed {
    let client: String
    let form: FormFields
    let until: Duration
  }

  private let pushed = Mutex<[String: Pushed]>([:])
  private let now: @Sendable () -> Duration

  /// - Parameter now: a clock that only goes forward.
  init(now: @escaping @Sendable () -> Duration = Throttle.uptime) { self.now = now }

  /// Keeps a request.
  ///
  /// - Returns: what the browser names it by.
  /// - Throws: `tooMany` or `unavailable` where there are too many.
  func push(_ form: FormFields, of client: String) throws(RequestError) -> String {
    let now = now()
    var random = SystemRandomNumberGenerator()
    let words: [UInt64] = [random.next(), random.next(), random.next()]
    let bytes = words.flatMap { word in (0..<8).map { UInt8(truncatingIfNeeded: word >> UInt64(8 * $0)) } }
    let uri = Self.prefix + Base64URL.encode(bytes)
    let problem = pushed.withLock { pushed -> RequestError? in
      if pushed.count >= Self.capacity || pushed.values.count(where: { $0.client == client }) >= Self.capacityOfOne {
        pushed = pushed.filter { $0.value.until > now }
      }
      guard pushed.values.count(where: { $0.client == client }) < Self.capacityOfOne else {
        return RequestError(
          .tooMany, "The connector has \(Self.capacityOfOne) requests waiting.", headers: [.retryAfter: "60"])
      }
      guard pushed.count < Self.capacity else {
        return RequestError(.unavailable, "Too many requests wait; try again.", headers: [.retryAfter: "60"])
      }
      pushed[uri] = Pushed(client: client, form: form, until: now + Self.lifetime)
      return nil
    }
    if let problem { throw problem }
    return uri
  }

  /// Takes a request, which is not there any more then.
  ///
  /// - Parameter client: who it must be of; another's stays.
  /// - Returns: nil where there is none, or its time is over.
  func take(_ uri: String, of client: String) -> FormFields? {
    let now = now()
    return pushed.withLock { pushed in
      guard let found = pushed[uri], found.client == client else { return nil }
      pushed[uri] = nil
      return found.until > now ? found.form : nil
    }
  }
}

extension TokenService {
  /// The endpoint for pushed authorization requests.
  func push(_ request: Request, _ context: HTTPContext) async throws(RequestError) -> Response {
    let form = try await request.form(upTo: min(bodyLimit, PushedRequests.maximumBytes))
    let client = try ClientCredentials(request.headers, form)
    guard form["request_uri"] == nil else { throw .field("request_uri", "none in a pushed request") }
    var parameters = form.without(["client_secret"])
    parameters["client_id"] = client.connector.description
    let uri = try await limited(client, context) { () throws(RequestError) in
      let bound = try await bound(parameters, request.headers)
      let authorize = try AuthorizeRequest(bound, self)
      if let error = authorize.error { throw authorize.refusal(error) }
      return try pushed.push(bound, of: client.connector.description)
    }
    return .json(
      .object([("request_uri", .string(uri)), ("expires_in", .integer(PushedRequests.lifetime.components.seconds))]),
      status: .created, headers: [.cacheControl: "no-store", .pragma: "no-cache"])
  }

  /// The parameters with the key that a pushed request proves, which its code needs then (RFC 9449 section 10.1).
  ///
  /// - Throws: as ``DPoPProofs/thumbprint(in:for:at:)`` does; `invalidProof` for a proof of another key than `dpop_jkt`.
  private func bound(_ parameters: FormFields, _ headers: HTTPFields) async throws(RequestError) -> FormFields {
    let now = try await asking { () throws(LedgerError) in try ledger.now }
    let key = try proofs.thumbprint(in: headers, for: .init(method: "POST", url: origin + "/oauth2/par"), at: now)
    guard let key else { return parameters }
    let name = Base64URL.encode(key.bytes)
    guard parameters["dpop_jkt"] ?? name == name else {
      throw RequestError(.invalidProof, "DPoP: expected a proof of the key that dpop_jkt names")
    }
    var bound = parameters
    bound["dpop_jkt"] = name
    return bound
  }

  /// The parameters of a request for authorization: those that came, or those that were pushed before.
  ///
  /// - Throws: `invalid` for the name of a request that is not there, was taken before, or is another client's.
  func authorizationParameters(_ given: FormFields) throws(RequestError) -> FormFields {
    guard let uri = given["request_uri"] else { return given }
    guard let id = given["client_id"].flatMap({ PublicID($0) }), let form = pushed.take(uri, of: id.description) else {
      throw .field("request_uri", "one that was pushed in the last minute by this client, and was not used")
    }
    return form
  }
}
