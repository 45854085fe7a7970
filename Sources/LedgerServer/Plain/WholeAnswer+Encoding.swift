import HTTPSupport
import HTTPTypes
import NIOCore
import NIOHTTP1

extension WholeAnswer {
  /// The answer as HTTP/1.1 has it, as the encoder of NIO writes it.
  ///
  /// - Parameters:
  ///   - method: of the request; an answer to HEAD tells the length of what it leaves away (RFC 9110 section 9.3.2).
  ///   - date: as HTTP writes it.
  func encoded(for method: HTTPRequest.Method, date: String, _ allocator: ByteBufferAllocator) -> ByteBuffer {
    var bytes = allocator.buffer(capacity: 768 + body.count)
    let line = StatusLine.of(status)
    bytes.writeString(line.text)
    for field in headers where field.name != .contentLength && field.name != .date {
      bytes.writeString(field.name.rawName)
      bytes.writeStaticString(": ")
      bytes.writeString(field.value)
      bytes.writeStaticString("\r\n")
    }
    bytes.writeStaticString("Date: ")
    bytes.writeString(date)
    if line.hasBody {
      bytes.writeStaticString("\r\nContent-Length: ")
      bytes.writeString(String(body.count))
    }
    bytes.writeStaticString("\r\n\r\n")
    if line.hasBody, method != .head { bytes.writeBytes(body) }
    return bytes
  }
}

/// How an answer begins.
private struct StatusLine: Sendable {
  let text: String
  /// Whether a body may follow, so that its length is told.
  let hasBody: Bool

  /// By the code, since making one for each answer takes time; nil for codes that NIO does not know.
  private static let known: [StatusLine?] = (0..<600).map { (code: Int) -> StatusLine? in
    let status = HTTPResponseStatus(statusCode: code)
    if case .custom = status { return nil }
    return StatusLine(status)
  }

  private init(_ status: HTTPResponseStatus) {
    text = "HTTP/1.1 \(status.code) \(status.reasonPhrase)\r\n"
    hasBody = status.mayHaveResponseBody
  }

  static func of(_ status: HTTPResponse.Status) -> StatusLine {
    if known.indices.contains(status.code), let line = known[status.code] { return line }
    return StatusLine(HTTPResponseStatus(statusCode: status.code, reasonPhrase: status.reasonPhrase))
  }
}
