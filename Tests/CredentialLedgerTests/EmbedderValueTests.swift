import CredentialLedger
import Foundation
import LedgerTestSupport
import Testing

/// What a program that embeds the ledger puts into its own JSON, its own answers and its own comparisons.
@Suite struct EmbedderValueTests {
  private struct Shown: Codable, Equatable {
    var connector = ConnectorID(rawValue: 8)
    var subject = Subject(GroupID(rawValue: 9))
    var time = Timestamp(milliseconds: 1_700_000_000_123)
    var scopes: Scopes = [.textMessageRead, .mediaRead]
    var type = EventType.tokenIssued
    var unknown = EventType(rawValue: 60_000)
    var permission = Permission.media
    var code = LedgerError.Code.invalidGrant
    var grant = Grant(
      id: GrantID(rawValue: 11), connector: ConnectorID(rawValue: 8), granter: AccountID(rawValue: 2), group: nil,
      scopes: .all, family: FamilyID(rawValue: 12), isRevoked: false, grantedAt: Timestamp(milliseconds: 0))
  }

  @Test("Identifiers, times and scopes are strings in JSON, and come back") func identifiersTimes() throws {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    let shown = Shown()
    let json = String(decoding: try encoder.encode(shown), as: UTF8.self)
    for part in [
      #""connector":"connector:8""#, #""subject":"group:9""#, #""time":"2023-11-14T22:13:20.123Z""#,
      #""scopes":"textmessage.read,media.read""#, #""type":"token.issued""#, #""unknown":"60000""#,
      #""permission":"media""#, #""code":"invalid_grant""#,
    ] { #expect(json.contains(part), "\(part) in \(json)") }
    #expect(try JSONDecoder().decode(Shown.self, from: Data(json.utf8)) == shown)
    for wrong in [#""group:8""#, #""connector:0""#, "8"] {
      #expect(throws: DecodingError.self) { try JSONDecoder().decode(ConnectorID.self, from: Data(wrong.utf8)) }
    }
    #expect(throws: EncodingError.self) { try encoder.encode(Timestamp(milliseconds: .max)) }
  }

  @Test("Times are those of Foundation, to the millisecond") func timesThose() {
    for milliseconds: Int64 in [0, 1, -1, 1_700_000_000_123, 253_402_300_799_999, -62_167_219_200_000] {
      let time = Timestamp(milliseconds: milliseconds)
      let date = Date(timeIntervalSince1970: time.secondsSince1970)
      #expect(Timestamp(secondsSince1970: date.timeIntervalSince1970) == time)
    }
    #expect(Timestamp(secondsSince1970: .infinity) == Timestamp(milliseconds: .max))
    #expect(Timestamp(secondsSince1970: -.infinity) == Timestamp(milliseconds: .min))
    #expect(Timestamp(secondsSince1970: .nan) == Timestamp(milliseconds: 0))
  }

  @Test("Scopes are read from a request of OAuth") func scopesRead() {
    #expect(Scopes(oauthText: "media.read  textmessage.read") == [.mediaRead, .textMessageRead])
    #expect(Scopes(oauthText: "media.read,textmessage.read") != nil)
    #expect(Scopes(oauthText: "") == nil && Scopes(oauthText: "media.read nonsense") == nil)
  }

  @Test("Credentials are equal by their text") func credentialsEqual() {
    #expect(AccessToken("cla_a") == AccessToken("cla_a") && AccessToken("cla_a") != AccessToken("cla_b"))
    #expect(RefreshToken("clr_a") != RefreshToken("clr_ab"))
    #expect(ConnectorSecret("cls_a") == ConnectorSecret("cls_a"))
    #expect(AuthorizationCode("clc_a") != AuthorizationCode(""))
  }

  @Test("Every code of a refusal is a constant of the library's errors, with a kind") func everyCode() {
    let codes: [LedgerError.Code] = [
      .gone, .forbidden, .conflict, .accountDisabled, .phoneRequired, .wrongPIN, .noOpenPIN, .tooMany, .invalidClient,
      .invalidGrant, .unauthorizedClient, .invalidScope, .invalidTarget, .invalidProof, .lastAdmin, .approvalRequired,
      .notFound, .invalidValue,
    ]
    #expect(Set(codes).count == codes.count)
    for code in codes { #expect(code.kind != .failed, "\(code)") }
  }

  @Test("A wrong PIN says its tries as a number, and lifetimes are read as durations") func wrongPIN() async throws {
    let folder = TemporaryFolder()
    let ledger = try await Ledger.create(at: folder.path + "/ledger", origin: "ledger.example.org")
    let account = try await ledger.accounts.signIn(issuer: "https://id.example.org", subject: "dev").account
    let request = try await ledger.phones.requestPIN(for: PhoneNumber("+911199999999"), by: account)
    let wrong = request.pin?.digits == "000000" ? "000001" : "000000"
    for left in [4, 3] {
      let error = await #expect(throws: LedgerError.self) {
        _ = try await ledger.phones.verify(wrong, challenge: request.challenge, by: account)
      }
      #expect(error?.code == .wrongPIN && error?.triesLeft == left && error?.field == "pin")
    }
    _ = try await ledger.phones.verify(request.pin?.digits ?? "", challenge: request.challenge, by: account)
    let (connector, _) = try await ledger.connectors.create(
      name: "Roster", permissions: [.media], accessTokenLifetime: 600, by: account)
    #expect(connector.accessTokenLifetime == .seconds(600) && connector.refreshTokenLifetime == .seconds(31_536_000))
    #expect(connector.name == "Roster" && connector.description.isEmpty && connector.publisher.isEmpty)
    #expect(connector.redirectURIs.isEmpty && connector.requestedScopes == Permission.media.scopes)
    #expect(connector.rotation == .late && connector.requiresPKCE && !connector.allowsOwnTokens)
    #expect(!connector.isDPoPBound && !connector.hasSignedTokens)
    await ledger.close()
  }

  @Test("Answers of a token endpoint are ready") func answersToken() async throws {
    let folder = TemporaryFolder()
    let ledger = try await Ledger.create(at: folder.path + "/ledger", origin: "ledger.example.org")
    let steps = try await FourSteps(on: ledger)
    let token = try await ledger.tokens.issue(
      connector: steps.connector.publicID, secret: steps.secret, refreshToken: steps.granted.refreshToken)
    let answer = token.answer(at: try ledger.now)
    #expect(!"\(answer)".contains(token.accessToken.text))
    let body = String(decoding: try JSONEncoder().encode(answer), as: UTF8.self)
    #expect(body.contains(#""access_token":"\#(token.accessToken.text)""#) && body.contains(#""token_type":"Bearer""#))
    #expect(answer.expiresIn > 86_000 && Scopes(oauthText: answer.scope) == token.scopes)
    #expect(!body.contains("refresh_token"))
    let error = await #expect(throws: LedgerError.self) {
      _ = try await ledger.tokens.issue(
        connector: steps.connector.publicID, secret: steps.secret, refreshToken: RefreshToken("clr_nonsense"))
    }
    let refused = try #require(error).oauth
    #expect(refused.error == "invalid_grant" && refused.status == 400)
    let refusedBody = String(decoding: try JSONEncoder().encode(refused), as: UTF8.self)
    #expect(refusedBody.contains(#""error":"invalid_grant""#) && !refusedBody.contains("status"))
    let client = await #expect(throws: LedgerError.self) {
      _ = try await ledger.tokens.issue(
        connector: steps.connector.publicID, secret: ConnectorSecret("cls_no"), refreshToken: steps.granted.refreshToken
      )
    }
    #expect(client?.oauth.error == "invalid_client" && client?.oauth.status == 401)
    await ledger.close()
    let closed = #expect(throws: LedgerError.self) { try ledger.head() }
    #expect(closed?.oauth.status == 503 && closed?.oauth.retryAfter == 1)
  }
}
