public import CredentialLedger
import HTTPSupport
import Hummingbird

/// Has PINs sent to phones.
public protocol PINSender: Sendable {
  /// Takes a PIN whose event is durable, and returns at once: the client is answered before the message is sent.
  ///
  /// - Parameters:
  ///   - challenge: which PIN it is; what becomes of the message is recorded for it.
  ///   - expiresAt: from when on the PIN is of no use.
  func send(_ pin: PIN, of challenge: ChallengeID, expiresAt: Timestamp, to number: PhoneNumber)
}

/// Signing in by a PIN, in the Kaizala form. There where PINs can be sent.
extension TokenService {
  func pinRoutes(_ sender: any PINSender) -> [Route] {
    [
      Route(.post, "/v1/generatePin", isCrossOrigin: true) { (request, context) throws(RequestError) in
        try await generatePIN(request, context, sender)
      },
      Route(.post, "/v1/loginWithPinAndApplicationId", isCrossOrigin: true) { (request, context) throws(RequestError) in
        try await logIn(request, context)
      },
    ]
  }

  /// Has a PIN sent. The answer does not depend on who holds the number, and does not wait for the message.
  private func generatePIN(
    _ request: Request, _ context: HTTPContext, _ sender: any PINSender
  ) async throws(RequestError) -> Response {
    let body = try await request.jsonObject(upTo: smallBody)
    let number = try phoneNumber(in: body)
    guard let id = body["applicationId"]?.text else { throw RequestError(.invalidClient, "") }
    let address = context.network
    try limits.failures.check(address)
    do throws(RequestError) {
      let request = try await asking { () throws(LedgerError) in
        try await ledger.pinSignIns.request(
          for: number, connector: ClientCredentials(id: id, secret: "").connector,
          context: context.recorded(request.headers))
      }
      if let request, let pin = request.pin {
        sender.send(pin, of: request.challenge, expiresAt: request.expiresAt, to: number)
      }
      return .credential(.object([]))
    } catch {
      if error.kind == .invalidClient { limits.failures.note(address) }
      throw error
    }
  }

  /// Trades a PIN for a refresh token.
  private func logIn(_ request: Request, _ context: HTTPContext) async throws(RequestError) -> Response {
    let body = try await request.jsonObject(upTo: smallBody)
    guard let id = body["applicationId"]?.text,
      let secret = body["applicationSecret"]?.text ?? request.headers[.applicationSecret]
    else { throw RequestError(.invalidClient, "") }
    let number = try phoneNumber(in: body)
    guard let pin = body["pin"]?.text else { throw .field("pin", "the PIN that was sent") }
    let client = ClientCredentials(id: id, secret: secret)
    do throws(RequestError) {
      let access = try await limited(client, context) { () throws(RequestError) in
        try await asking { () throws(LedgerError) in
          try await ledger.pinSignIns.signIn(
            number, pin: pin, connector: client.connector, secret: client.secret,
            context: context.recorded(request.headers))
        }
      }
      return .credential(
        .object([
          ("refreshToken", .string(access.refreshToken.text)), ("grantedScope", .string(access.scopes.description)),
          ("refreshTokenExpiry", .integer(access.expiresAt.milliseconds)), ("endpointUrl", .string(origin + "/")),
        ]))
    } catch {
      // It is a field that is wrong, and no token: clients take that for a reason to get another.
      throw error.kind == .invalidGrant ? RequestError(.invalid, error.message) : error
    }
  }

  private func phoneNumber(in body: JSONValue) throws(RequestError) -> PhoneNumber {
    let member = body["mobileNumber"]
    // A number of JSON has no place for the plus sign.
    let sign = if case .number? = member { "+" } else { "" }
    guard let text = member?.text.map({ sign + $0 }), let number = try? PhoneNumber(text) else {
      throw .field("mobileNumber", "a phone number with country code, such as +911199999999")
    }
    return number
  }
}
