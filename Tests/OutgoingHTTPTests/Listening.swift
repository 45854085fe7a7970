import Glibc
import Testing

/// A socket that listens on this machine, and its port.
func listening() throws -> (socket: Int32, port: Int) {
  let listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
  var address = sockaddr_in()
  address.sin_family = sa_family_t(AF_INET)
  address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
  var size = socklen_t(MemoryLayout<sockaddr_in>.size)
  let length = size
  let isListening = unsafe withUnsafeMutablePointer(to: &address) {
    unsafe $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { (pointer) -> Bool in
      guard unsafe bind(listener, pointer, length) == 0, listen(listener, 8) == 0 else { return false }
      return unsafe getsockname(listener, pointer, &size) == 0
    }
  }
  try #require(isListening)
  return (listener, Int(UInt16(bigEndian: address.sin_port)))
}
