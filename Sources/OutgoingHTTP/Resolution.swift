import Glibc
import NIOPosix

/// What a name leads to.
enum Resolution {
  /// What somebody is told whose host may not be called, or is not there: names of the inside are not told apart from others.
  static let isNotPublic = "the host has no address on the public Internet"

  /// The addresses of a host, as they are on the wire. Asked of the system, on a thread where that may block.
  ///
  /// - Throws: `unreachable` where there are none.
  static func addresses(of host: String) async throws(OutgoingError) -> [[UInt8]] {
    let found: [[UInt8]]
    do {
      found = try await NIOThreadPool.singleton.runIfActive { look(up: host) }
    } catch { throw OutgoingError(.unreachable, "the name of the host cannot be looked up now") }
    guard !found.isEmpty else { throw OutgoingError(.unreachable, isNotPublic) }
    return found
  }

  private static func look(up host: String) -> [[UInt8]] {
    var hints = unsafe addrinfo()
    unsafe hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
    var list: UnsafeMutablePointer<addrinfo>?
    guard unsafe getaddrinfo(host, nil, &hints, &list) == 0 else { return [] }
    defer { unsafe freeaddrinfo(list) }
    var found: [[UInt8]] = []
    var next = unsafe list
    while let entry = unsafe next?.pointee {
      let address = unsafe UnsafeRawPointer(entry.ai_addr)
      if let address = unsafe address {
        switch unsafe entry.ai_family {
        case AF_INET:
          let inner = unsafe address.loadUnaligned(as: sockaddr_in.self).sin_addr
          found.append(unsafe withUnsafeBytes(of: inner) { unsafe Array($0) })
        case AF_INET6:
          let inner = unsafe address.loadUnaligned(as: sockaddr_in6.self).sin6_addr
          found.append(unsafe withUnsafeBytes(of: inner) { unsafe Array($0) })
        default: break
        }
      }
      unsafe next = entry.ai_next
    }
    return found
  }

  /// An address as text.
  static func text(_ bytes: [UInt8]) -> String {
    if bytes.count == 4 { return bytes.map { String($0) }.joined(separator: ".") }
    return stride(from: 0, to: bytes.count, by: 2).map { index in
      String(UInt16(bytes[index]) << 8 | UInt16(bytes[index + 1]), radix: 16)
    }.joined(separator: ":")
  }
}
