import HTTPTypes
public import Hummingbird

/// The access token that a request carries.
public enum PresentedToken {
  /// Reads it from the header `accessToken` (Kaizala) or `Authorization: Bearer` (RFC 6750); either is as good.
  ///
  /// - Throws: `invalidToken` where there is none, where two differ, and where one comes in the query, which logs keep.
  public static func read(_ request: Request) throws(RequestError) -> String {
    let plain = request.headers[.kaizalaAccessToken].flatMap { $0.isEmpty ? nil : $0 }
    let bearer = request.headers[.authorization].flatMap { value -> String? in
      let parts = value.split(separator: " ")
      return parts.count == 2 && parts[0].lowercased() == "bearer" ? String(parts[1]) : nil
    }
    if let plain, let bearer, plain != bearer {
      throw RequestError(.invalidToken, "The request carries two access tokens that differ.")
    }
    guard let token = plain ?? bearer else {
      throw RequestError(.invalidToken, "The request carries no access token in a header.")
    }
    return token
  }
}
