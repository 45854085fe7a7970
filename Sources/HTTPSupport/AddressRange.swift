import CredentialLedger
public import NIOCore

/// A range of network addresses in CIDR notation (RFC 4632), such as `10.0.0.0/8` or `::1`.
public struct AddressRange: Sendable, Equatable, CustomStringConvertible {
  /// As it was written.
  public let description: String
  private let prefix: [UInt8]
  private let length: Int

  /// - Returns: nil unless the text is an address, with or without a prefix length.
  public init?(_ text: String) {
    let parts = text.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
    guard let address = try? SocketAddress(ipAddress: String(parts[0]), port: 0), let bytes = address.bytes else {
      return nil
    }
    prefix = bytes
    description = text
    guard parts.count == 2 else {
      length = bytes.count * 8
      return
    }
    guard let length = Int(parts[1]), (0...bytes.count * 8).contains(length) else { return nil }
    self.length = length
  }

  /// Whether an address lies in the range.
  public func contains(_ address: SocketAddress) -> Bool {
    guard let bytes = address.bytes, bytes.count == prefix.count else { return false }
    for bit in 0..<length where (bytes[bit / 8] ^ prefix[bit / 8]) & 0x80 >> UInt8(bit % 8) != 0 { return false }
    return true
  }

  /// The client's address, as proxies in `ranges` tell it: the last one in `X-Forwarded-For` that none of them has.
  ///
  /// - Returns: the peer's own address where it is not a trusted proxy, or tells nothing that is an address.
  public static func client(of peer: SocketAddress?, forwarded: String?, through ranges: [AddressRange]) -> String? {
    guard let peer, !ranges.isEmpty, ranges.contains(where: { $0.contains(peer) }), let forwarded else {
      return peer?.ipAddress
    }
    for hop in forwarded.split(separator: ",").reversed() {
      guard let address = address(ofHop: hop.drop { $0 == " " }.prefix { $0 != " " }) else { break }
      if !ranges.contains(where: { $0.contains(address) }) { return address.ipAddress }
    }
    return peer.ipAddress
  }

  /// The address that a proxy wrote; some add the port, before which an IPv6 address has brackets.
  private static func address(ofHop hop: Substring) -> SocketAddress? {
    var text = hop
    if text.first == "[" {
      text = text.dropFirst().prefix { $0 != "]" }
    } else if text.utf8.count(where: { $0 == UInt8(ascii: ":") }) == 1 {
      text = text.prefix { $0 != ":" }
    }
    return try? SocketAddress(ipAddress: String(text), port: 0)
  }

  /// What counts as one client where calls are counted: an IPv4 address, or the network of an IPv6 address, of which somebody has
  /// 2^64 addresses.
  ///
  /// - Parameter address: as text; nil where there is none.
  public static func network(of address: String?) -> String {
    guard let address, address.utf8.contains(UInt8(ascii: ":")),
      let bytes = (try? SocketAddress(ipAddress: address, port: 0))?.bytes, bytes.count == 16
    else { return address ?? "" }
    return Hex.encode(Array(bytes.prefix(8)))
  }
}

extension SocketAddress {
  /// The address in network byte order, an IPv4 address mapped into IPv6 as IPv4.
  fileprivate var bytes: [UInt8]? {
    switch self {
    case .v4(let address):
      var number = address.address.sin_addr.s_addr
      return unsafe withUnsafeBytes(of: &number) { unsafe Array($0) }
    case .v6(let address):
      var number = address.address.sin6_addr
      let bytes = unsafe withUnsafeBytes(of: &number) { unsafe Array($0) }
      return bytes.starts(with: [UInt8](repeating: 0, count: 10) + [0xFF, 0xFF]) ? Array(bytes[12...]) : bytes
    case .unixDomainSocket: return nil
    }
  }
}
