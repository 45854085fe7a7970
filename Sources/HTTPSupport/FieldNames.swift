public import HTTPTypes

extension HTTPFields {
  /// The value of a field, as the subscript tells it, but without a copy where the field is there once, as nearly all are.
  public func value(of name: HTTPField.Name) -> String? {
    var found: String?
    for field in self where field.name == name {
      guard found == nil else { return self[name] }
      found = field.value
    }
    return found
  }
}

extension HTTPField.Name {
  /// A field name of this program, which is a token as RFC 9110 section 5.1 has it.
  public static func named(_ name: String) -> Self {
    guard let field = HTTPField.Name(name) else { preconditionFailure("\(name) is no field name") }
    return field
  }

  /// Header fields of the Kaizala form.
  public static let kaizalaAccessToken = named("accessToken")
  public static let applicationID = named("applicationId")
  public static let applicationSecret = named("applicationSecret")
  public static let kaizalaRefreshToken = named("refreshToken")

  public static let idempotencyKey = named("Idempotency-Key")
  public static let requestID = named("X-Request-ID")
  public static let forwardedFor = named("X-Forwarded-For")
  public static let traceparent = named("traceparent")
  public static let pragma = named("Pragma")
  public static let referrerPolicy = named("Referrer-Policy")
}
