import Glibc
import HTTPSupport
import TestSupport

/// An answer as it came.
struct Answer {
  let status: Int
  /// Names in small letters.
  let headers: [(name: String, value: String)]
  let body: String
  /// All of it.
  let text: String

  init(_ text: String) {
    self.text = text
    var parts = text.split(separator: "\r\n\r\n", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
    // An answer before the answer, which lets the client go on.
    if parts[0].hasPrefix("HTTP/1.1 100"), parts.count > 1 {
      parts = parts[1].split(separator: "\r\n\r\n", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
    }
    let lines = parts[0].split(separator: "\r\n")
    status = lines.first?.split(separator: " ").dropFirst().first.flatMap { Int($0) } ?? 0
    headers = lines.dropFirst().map { line in
      let field = line.split(separator: ":", maxSplits: 1)
      return (field[0].lowercased(), field.count > 1 ? String(field[1].drop { $0 == " " }) : "")
    }
    body = parts.count > 1 ? parts[1] : ""
  }

  func header(_ name: String) -> String? { headers.first { $0.name == name.lowercased() }?.value }

  var json: JSONValue? { try? JSONParser.parse(Array(body.utf8)) }

  /// A member of the body.
  subscript(name: String) -> String? { json?[name]?.text }
}

/// A connection to a server on the loopback, by which anything can be sent.
final class Connection {
  private let descriptor: Int32

  init(port: Int) throws {
    // Programs that tests start meanwhile do not keep it open.
    descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = in_port_t(port).bigEndian
    address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
    var patience = timeval(tv_sec: Patience.seconds, tv_usec: 0)
    unsafe setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &patience, socklen_t(MemoryLayout<timeval>.size))
    let status = unsafe withUnsafePointer(to: &address) {
      unsafe $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        unsafe connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
      }
    }
    guard status == 0 else { throw ServerFailure(reason: "no connection: \(errno)") }
  }

  deinit { close(descriptor) }

  /// Sends bytes; false where the other end has closed.
  @discardableResult
  func send(_ text: String) -> Bool {
    var rest = Array(text.utf8)[...]
    while !rest.isEmpty {
      let count = unsafe rest.withUnsafeBytes {
        unsafe Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
      }
      guard count > 0 else { return false }
      rest = rest.dropFirst(count)
    }
    return true
  }

  /// Tells the other end that nothing more comes.
  func finishSending() { shutdown(descriptor, Int32(SHUT_WR)) }

  /// What comes next; empty where the other end has closed, or nothing comes for long.
  func read() -> String {
    var buffer = [UInt8](repeating: 0, count: 65_536)
    var count = -1
    // A signal that interrupts a read is not the end of what comes.
    repeat {
      count = unsafe buffer.withUnsafeMutableBytes { unsafe recv(descriptor, $0.baseAddress, $0.count, 0) }
    } while count < 0 && errno == EINTR
    return count > 0 ? String(decoding: buffer.prefix(count), as: UTF8.self) : ""
  }

  /// All that comes until the other end closes.
  func readAll() -> String {
    var text = ""
    while case let more = read(), !more.isEmpty { text += more }
    return text
  }
}

extension ServedLedger {
  /// Asks the server, on a connection of its own.
  func ask(_ method: String, _ target: String, _ headers: [String] = [], body: String? = nil) throws -> Answer {
    let connection = try Connection(port: port)
    var lines = ["\(method) \(target) HTTP/1.1", "Host: 127.0.0.1:\(port)", "Connection: close"] + headers
    if let body { lines.append("Content-Length: \(body.utf8.count)") }
    connection.send(lines.joined(separator: "\r\n") + "\r\n\r\n" + (body ?? ""))
    return Answer(connection.readAll())
  }

  /// Sends a form.
  func post(_ target: String, _ headers: [String] = [], form: String) throws -> Answer {
    try ask("POST", target, ["Content-Type: application/x-www-form-urlencoded"] + headers, body: form)
  }
}
