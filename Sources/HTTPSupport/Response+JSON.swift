public import HTTPTypes
public import Hummingbird

extension Response {
  /// An answer whose body is a JSON text.
  public static func json(
    _ value: JSONValue, status: HTTPResponse.Status = .ok, headers: HTTPFields = HTTPFields()
  ) -> Response { WholeAnswer.json(value, status: status, headers: headers).response }

  /// An answer whose body is a JSON text that is written already.
  package static func json(
    bytes: [UInt8], status: HTTPResponse.Status = .ok, headers: HTTPFields = HTTPFields()
  ) -> Response {
    var headers = headers
    headers[.contentType] = "application/json; charset=utf-8"
    return Response(status: status, headers: headers, body: ResponseBody(byteBuffer: ByteBuffer(bytes: bytes)))
  }

  /// An answer with a credential in it, which nobody on the way may keep (RFC 6749 section 5.1).
  public static func credential(_ value: JSONValue) -> Response {
    WholeAnswer.credential(value).response
  }
}
