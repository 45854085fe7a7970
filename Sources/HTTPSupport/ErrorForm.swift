import HTTPTypes
public import Hummingbird

/// The form in which a route answers errors.
public enum ErrorForm: Sendable {
  /// `message`, `errorCode` and `errorCategoryKey`, as programs of the Kaizala Connector API read them.
  case kaizala
  /// `error` and `error_description` (RFC 6749 section 5.2).
  case oauth
  /// All members of both.
  case both

  /// The answer to a request that failed.
  ///
  /// - Parameter usedBasic: whether the client authenticated by HTTP Basic, which an answer that refuses it must name
  ///   (RFC 6749 section 5.2).
  public func answer(to error: RequestError, usedBasic: Bool = false) -> WholeAnswer {
    var headers = error.headers
    headers[.cacheControl] = "no-store"
    headers[.pragma] = "no-cache"
    // No Basic unless the client began with it: browsers would ask their user for a password.
    if status(of: error) == .unauthorized, headers[.wwwAuthenticate] == nil {
      headers[.wwwAuthenticate] = usedBasic ? #"Basic realm="credledger", charset="UTF-8""# : error.bearerChallenge
    }
    return .json(value(of: error), status: status(of: error), headers: headers)
  }

  /// The same for a route that may wait.
  public func response(to error: RequestError, usedBasic: Bool = false) -> Response {
    answer(to: error, usedBasic: usedBasic).response
  }

  /// The body of the answer.
  public func value(of error: RequestError) -> JSONValue {
    var members: [(String, JSONValue)] = []
    if self != .kaizala {
      members += [("error", .string(error.oauthCode)), ("error_description", .string(error.described))]
    }
    if self != .oauth {
      members += [
        ("message", .string(error.kaizalaMessage)), ("errorCode", .string(error.kaizalaCode)),
        ("errorCategoryKey", .string(error.kaizalaCategory)),
      ]
    }
    return .object(members)
  }

  /// Of a refused credential the Kaizala form says 401 where OAuth says 400.
  private func status(of error: RequestError) -> HTTPResponse.Status {
    self == .kaizala && error.kind == .invalidGrant ? .unauthorized : error.status
  }
}

extension RequestError {
  /// The challenge for a client that presents a token (RFC 6750 section 3).
  public var bearerChallenge: String {
    kind == .invalidToken
      ? #"Bearer realm="credledger", error="invalid_token""# : #"Bearer realm="credledger""#
  }

  /// The code of RFC 6749 section 5.2, or of a registered extension.
  var oauthCode: String {
    switch kind {
    case .invalid, .notFound, .methodNotAllowed, .gone, .conflict, .tooLarge, .headerTooLarge, .unsupportedMediaType:
      "invalid_request"
    case .invalidClient: "invalid_client"
    case .invalidGrant: "invalid_grant"
    case .unsupportedGrantType: "unsupported_grant_type"
    case .unauthorizedClient: "unauthorized_client"
    case .invalidScope: "invalid_scope"
    case .invalidTarget: "invalid_target"
    case .invalidProof: "invalid_dpop_proof"
    case .useNonce: "use_dpop_nonce"
    case .invalidToken: "invalid_token"
    case .forbidden: "access_denied"
    case .tooMany, .unavailable: "temporarily_unavailable"
    case .failed, .notImplemented: "server_error"
    }
  }

  /// The message in the characters that RFC 6749 section 5.2 allows: ASCII without the quotation mark and the backslash.
  var described: String {
    String(
      String.UnicodeScalarView(
        message.unicodeScalars.map { (0x20...0x7E).contains($0.value) && $0 != "\"" && $0 != "\\" ? $0 : "'" }))
  }

  /// The text that published clients of the Kaizala form compare for.
  var kaizalaMessage: String {
    switch kind {
    case .invalidToken, .invalidGrant:
      "Invalid token. Failure reason:Token validation failed due to unknown reason!"
    case .invalidClient: "Dont have correct applicationId and secret in header!"
    default: message
    }
  }

  var kaizalaCode: String {
    switch kind {
    case .invalid, .unsupportedGrantType, .unauthorizedClient, .invalidScope, .invalidTarget, .invalidProof, .useNonce:
      "InvalidParameters"
    case .invalidClient: "Unauthenticated"
    case .invalidGrant, .invalidToken: "InvalidToken"
    case .forbidden: "Forbidden"
    case .notFound: "NotFound"
    case .methodNotAllowed: "MethodNotAllowed"
    case .gone: "Gone"
    case .conflict: "Conflict"
    case .tooLarge, .headerTooLarge: "RequestTooLarge"
    case .unsupportedMediaType: "UnsupportedMediaType"
    case .tooMany: "TooManyRequests"
    case .unavailable: "ServiceUnavailable"
    case .failed: "InternalError"
    case .notImplemented: "NotImplemented"
    }
  }

  var kaizalaCategory: String {
    switch kind {
    case .invalidClient, .invalidGrant, .invalidToken, .forbidden: "AuthException"
    case .tooMany: "ThrottlingException"
    case .unavailable, .failed, .notImplemented: "ServerException"
    default: "RequestException"
    }
  }
}
