/// Which network addresses a server may be made to call by somebody else: those of the public Internet.
public enum PublicAddress {
  /// Whether an address is of the public Internet (IANA special-purpose registries): not of this machine, of a private network,
  /// of a link, of a carrier, for documentation or tests, or for many. An IPv4 address within an IPv6 address counts as itself.
  ///
  /// - Parameter bytes: 4 or 16, as on the wire; nothing else is one.
  public static func isPublic(_ bytes: [UInt8]) -> Bool {
    switch bytes.count {
    case 4: return !isListed(bytes, ranges4)
    case 16:
      if let inner = embedded(in: bytes) { return isPublic(inner) }
      // Of all others only global unicast is routed.
      return bytes[0] & 0xE0 == 0x20 && !isListed(bytes, ranges6)
    default: return false
    }
  }

  /// The IPv4 address that leads through an IPv6 address: mapped, compatible, translated (RFC 6052), 6to4.
  private static func embedded(in bytes: [UInt8]) -> [UInt8]? {
    let zeros = [UInt8](repeating: 0, count: 10)
    if bytes.starts(with: zeros + [0xFF, 0xFF]) || bytes.starts(with: zeros + [0, 0]) {
      return Array(bytes.suffix(4))
    }
    if bytes.starts(with: [0x00, 0x64, 0xFF, 0x9B, 0, 0, 0, 0, 0, 0, 0, 0]) { return Array(bytes.suffix(4)) }
    if bytes.starts(with: [0x20, 0x02]) { return Array(bytes[2..<6]) }
    return nil
  }

  private static let ranges4: [(prefix: [UInt8], bits: Int)] = [
    ([0], 8), ([10], 8), ([100, 64], 10), ([127], 8), ([169, 254], 16), ([172, 16], 12), ([192, 0, 0], 24),
    ([192, 0, 2], 24), ([192, 31, 196], 24), ([192, 52, 193], 24), ([192, 88, 99], 24), ([192, 168], 16),
    ([192, 175, 48], 24), ([198, 18], 15), ([198, 51, 100], 24), ([203, 0, 113], 24), ([224], 4), ([240], 4),
    // The address of Azure's platform, which answers machines about themselves.
    ([168, 63, 129, 16], 32),
  ]

  private static let ranges6: [(prefix: [UInt8], bits: Int)] = [
    // IETF protocol assignments with Teredo, documentation, and what is set aside for them.
    ([0x20, 0x01, 0x00], 23), ([0x20, 0x01, 0x0D, 0xB8], 32), ([0x3F, 0xFF, 0x00], 20),
  ]

  private static func isListed(_ bytes: [UInt8], _ ranges: [(prefix: [UInt8], bits: Int)]) -> Bool {
    ranges.contains { range in
      (0..<range.bits).allSatisfy { bit in
        let wanted = bit / 8 < range.prefix.count ? range.prefix[bit / 8] : 0
        return (bytes[bit / 8] ^ wanted) & 0x80 >> UInt8(bit % 8) == 0
      }
    }
  }
}
