public import HTTPTypes
public import Hummingbird

/// An answer whose body is at hand, so that it can be given without waiting.
public struct WholeAnswer: Sendable {
  public var status: HTTPResponse.Status
  public var headers: HTTPFields
  public var body: [UInt8]

  public init(status: HTTPResponse.Status = .ok, headers: HTTPFields = HTTPFields(), body: [UInt8] = []) {
    self.status = status
    self.headers = headers
    self.body = body
  }

  /// An answer whose body is a JSON text.
  public static func json(
    _ value: JSONValue, status: HTTPResponse.Status = .ok, headers: HTTPFields = HTTPFields()
  ) -> WholeAnswer {
    var answer = WholeAnswer(status: status, headers: headers, body: value.bytes)
    answer.headers[.contentType] = "application/json; charset=utf-8"
    return answer
  }

  /// An answer with what only who asked may see in it, which nobody on the way may keep (RFC 6749 section 5.1).
  public static func credential(_ value: JSONValue) -> WholeAnswer { .credential(json: value.bytes) }

  /// The same of a JSON text.
  public static func credential(json bytes: [UInt8]) -> WholeAnswer {
    WholeAnswer(headers: credentialHeaders, body: bytes)
  }

  private static let credentialHeaders: HTTPFields = [
    .cacheControl: "no-store", .pragma: "no-cache", .contentType: "application/json; charset=utf-8",
  ]

  /// The same for a route that may wait.
  public var response: Response {
    Response(status: status, headers: headers, body: ResponseBody(byteBuffer: ByteBuffer(bytes: body)))
  }
}
