import HTTPSupport
import Testing

/// A client that finds out how to authenticate as Go's package x/oauth2 is documented to: HTTP Basic first, with ID and Secret
/// form-encoded, and on any failure the same call with both in the body.
private struct AutoDetectingClient {
  let served: ServedLedger
  let id: String
  let secret: String
  /// What a broken party on the way makes of the header.
  var spoilsBasic = false
  private(set) var calls: [Answer] = []

  init(_ served: ServedLedger, id: String, secret: String) {
    self.served = served
    self.id = id
    self.secret = secret
  }

  enum Failure: Error, Equatable {
    case refused(Int, String?)
    case noToken
  }

  mutating func token(_ form: String) throws -> JSONValue {
    if let token = try? call(form, usingBasic: true) { return token }
    return try call(form, usingBasic: false)
  }

  private mutating func call(_ form: String, usingBasic: Bool) throws -> JSONValue {
    let (id, secret) = (PercentEncoding.encode(id), PercentEncoding.encode(secret))
    let answer =
      usingBasic
      ? try served.post("/oauth2/token", [ServedLedger.basic(id, spoilsBasic ? "spoiled" : secret)], form: form)
      : try served.post("/oauth2/token", form: form + "&client_id=\(id)&client_secret=\(secret)")
    calls.append(answer)
    // Any other media type is read as a form, in which there is no token.
    guard answer.header("content-type")?.hasPrefix("application/json") == true, let json = answer.json else {
      throw Failure.noToken
    }
    guard (200...299).contains(answer.status) else { throw Failure.refused(answer.status, json["error"]?.text) }
    guard json["access_token"]?.text?.isEmpty == false, case .number? = json["expires_in"] else {
      throw Failure.noToken
    }
    return json
  }
}

@Suite struct AutoDetectTests {
  @Test("Basic is found at the first call") func basicFound() async throws {
    let served = try await ServedLedger()
    var client = AutoDetectingClient(served, id: served.connector, secret: served.secret)
    let token = try client.token("grant_type=refresh_token&refresh_token=\(served.refreshToken)")
    #expect(client.calls.count == 1 && token["token_type"] == .string("Bearer"))
    // The client keeps the refresh token that it has.
    #expect(token["refresh_token"] == nil)
  }

  @Test("A first try that fails uses up neither a code nor a refresh token") func firstTry() async throws {
    let served = try await ServedLedger()
    var client = AutoDetectingClient(served, id: served.connector, secret: served.secret)
    client.spoilsBasic = true
    let redirect = PercentEncoding.encode(ServedLedger.redirectURI)
    for form in [
      "grant_type=authorization_code&code=\(served.code)&redirect_uri=\(redirect)",
      "grant_type=refresh_token&refresh_token=\(served.refreshToken)",
    ] {
      #expect(try client.token(form)["access_token"] != nil)
    }
    #expect(client.calls.map(\.status) == [401, 200, 401, 200])
    #expect(client.calls[0].header("www-authenticate")?.hasPrefix("Basic ") == true)
  }

  @Test("A Secret that is wrong in both ways is told as the client reads it") func secretWrong() async throws {
    let served = try await ServedLedger()
    var client = AutoDetectingClient(served, id: served.connector, secret: "wrong")
    #expect(throws: AutoDetectingClient.Failure.refused(401, "invalid_client")) {
      try client.token("grant_type=refresh_token&refresh_token=\(served.refreshToken)")
    }
    #expect(client.calls.count == 2)
  }
}
