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
    let status = HTTPResponseStatus(statusCode: status.code, reasonPhrase: status.reasonPhrase)
    if status == .ok {
      bytes.writeStaticString("HTTP/1.1 200 OK\r\n")
    } else {
      bytes.writeString("HTTP/1.1 \(status.code) \(status.reasonPhrase)\r\n")
    }
    for field in headers where field.name != .contentLength && field.name != .date {
      bytes.writeString(field.name.rawName)
      bytes.writeStaticString(": ")
      bytes.writeString(field.value)
      bytes.writeStaticString("\r\n")
    }
    bytes.writeStaticString("Date: ")
    bytes.writeString(date)
    if status.mayHaveResponseBody {
      bytes.writeStaticString("\r\nContent-Length: ")
      bytes.writeString(String(body.count))
    }
    bytes.writeStaticString("\r\n\r\n")
    if status.mayHaveResponseBody, method != .head { bytes.writeBytes(body) }
    return bytes
  }
}
