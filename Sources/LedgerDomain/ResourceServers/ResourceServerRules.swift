package import LedgerCrypto
package import LedgerEvents

extension DomainReader where Self: ~Copyable {
  /// The resource server whose ID and Secret these are. An unknown or deleted one and a wrong Secret are all alike: nil,
  /// after the same comparisons.
  package func authenticate(
    resourceServer publicID: PublicID, secret digest: Digest, at now: Timestamp
  ) throws(StateUnreadable) -> ResourceServer? {
    let id = try resourceServer(publicID: publicID)
    let known = try id.flatMap { (id) throws(StateUnreadable) in try resourceServer(id) }
    let isCurrent = (known?.digest ?? .zero) == digest
    let isPrevious = (known?.previousDigest ?? .zero) == digest && now < known?.previousUntil ?? Timestamp(rawValue: 0)
    guard let known, !known.isDeleted, isCurrent || isPrevious else { return nil }
    return known
  }

  /// A resource server that somebody wants to do something with.
  /// - Throws: ``ErrorCode/notFound`` or ``ErrorCode/gone``.
  func requireResourceServer(_ id: ResourceServerID) throws(DecisionFailure) -> ResourceServer {
    guard let server = try read(resourceServer(id)) else {
      throw .refused(.notFound, field: "resourceServer", expected: "a resource server")
    }
    guard !server.isDeleted else {
      throw .refused(.gone, field: "resourceServer", expected: "a resource server that is not deleted")
    }
    return server
  }
}

/// The form of the URIs by which clients name resource servers (RFC 8707 section 2).
enum AudienceURI {
  static let maximumBytes = 1_000

  /// Whether a text is an absolute URI without fragment, of visible ASCII.
  static func isWellFormed(_ text: String) -> Bool {
    let bytes = text.utf8
    guard 3...maximumBytes ~= bytes.count, bytes.allSatisfy(isAllowed)
    else { return false }
    let scheme = bytes.prefix { $0 != UInt8(ascii: ":") }
    guard let first = scheme.first, isLetter(first), scheme.count + 1 < bytes.count else { return false }
    return scheme.allSatisfy { isLetter($0) || UInt8(ascii: "0")...UInt8(ascii: "9") ~= $0 || "+-.".utf8.contains($0) }
  }

  /// Visible ASCII without the number sign, at which a fragment begins, and what RFC 3986 leaves out.
  private static func isAllowed(_ byte: UInt8) -> Bool {
    0x21...0x7E ~= byte && !"\"#<>\\^`{|}".utf8.contains(byte)
  }

  private static func isLetter(_ byte: UInt8) -> Bool { UInt8(ascii: "a")...UInt8(ascii: "z") ~= byte | 0x20 }
}
