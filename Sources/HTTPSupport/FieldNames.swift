public import HTTPTypes

extension HTTPField.Name {
  /// A field name of this program, which is a token as RFC 9110 section 5.1 has it.
  private static func known(_ name: String) -> Self {
    guard let field = HTTPField.Name(name) else { preconditionFailure("\(name) is no field name") }
    return field
  }

  /// Header fields of the Kaizala form.
  public static let kaizalaAccessToken = known("accessToken")
  public static let applicationID = known("applicationId")
  public static let applicationSecret = known("applicationSecret")
  public static let kaizalaRefreshToken = known("refreshToken")

  public static let idempotencyKey = known("Idempotency-Key")
  public static let requestID = known("X-Request-ID")
  public static let forwardedFor = known("X-Forwarded-For")
  public static let pragma = known("Pragma")
}
