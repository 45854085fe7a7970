public import CredentialLedger
public import HTTPTypes
import Synchronization

/// Proofs of possession (RFC 9449): a client shows by a signature that it has the key that its token is bound to.
public final class DPoPProofs: Sendable {
  /// The algorithms that a proof may be signed with.
  public static let algorithms = ["ES256", "EdDSA"]
  /// How far the time of a proof may be from this server's, in either direction.
  static let window = Duration.seconds(60)

  private struct Seen {
    /// By the key and the digest of key and identifier: until when the proof would be taken.
    var until: [KeyThumbprint: [Digest: Int64]] = [:]
    /// Of all keys.
    var count = 0
    var nextSweep: Int64 = 0
    var sweptAt: Int64 = 0

    func count(of key: KeyThumbprint) -> Int { until[key]?.count ?? 0 }

    mutating func forget(before now: Int64) {
      until = until.mapValues { proofs in proofs.filter { $0.value >= now } }.filter { !$0.value.isEmpty }
      count = until.values.reduce(0) { $0 + $1.count }
    }
  }

  private let seen = Mutex(Seen())
  private let capacity: Int
  /// How many of one key, so that a client that proves at a high rate does not use up the memory for all others.
  private let share: Int

  private let nonces: ProofNonces?

  /// - Parameters:
  ///   - requiresNonce: whether a proof needs a nonce of this server, so that none is made in advance.
  ///   - capacity: how many proofs are remembered at a time, so that none is taken twice, a quarter of them of one key at most.
  ///     More are refused until some are too old.
  public init(requiresNonce: Bool = false, capacity: Int = 100_000) {
    nonces = requiresNonce ? ProofNonces() : nil
    self.capacity = capacity
    share = capacity / 4
  }

  /// What a proof is to be for.
  public struct Request: Sendable {
    let method: String
    let url: String
    let token: String?

    /// - Parameters:
    ///   - method: of the request.
    ///   - url: where the request went, without query.
    ///   - token: the access token that came with it; nil at the token endpoint.
    public init(method: String, url: String, token: String? = nil) {
      self.method = method
      self.url = url
      self.token = token
    }
  }

  /// The thumbprint of the key that a request proves; nil where it has no header `DPoP`. The proof is taken: for clients that have
  /// shown who they are.
  ///
  /// - Throws: as ``key(in:for:at:)`` and ``ProvenKey/take()`` do.
  public func thumbprint(
    in headers: HTTPFields, for request: Request, at now: Timestamp
  ) throws(RequestError) -> KeyThumbprint? {
    let key = try key(in: headers, for: request, at: now)
    try key?.take()
    return key?.thumbprint
  }

  /// The key that a request proves; nil where it has no header `DPoP`. The proof is not taken yet.
  ///
  /// - Parameter now: this server's time.
  /// - Throws: `useNonce` for one without a nonce that this server gave lately, where that is needed; the error has another.
  ///   `invalidProof` for a proof that is malformed, not signed by the key in it, for another request or token, or too
  ///   old or too new. What was wrong is said, but for nothing that the proof contains.
  public func key(
    in headers: HTTPFields, for request: Request, at now: Timestamp
  ) throws(RequestError) -> ProvenKey? {
    let values = headers[values: .dpop]
    guard let text = values.first else { return nil }
    guard values.count == 1, !text.contains(",") else { throw Self.refused("one header field of this name") }
    guard let proof = JSONWebSignature(text) else { throw Self.refused("a JSON Web Token in compact form") }
    guard case .string("dpop+jwt")? = proof.header["typ"] else { throw Self.refused("the type dpop+jwt") }
    // RFC 7515 section 4.1.11: none of them is understood here.
    guard proof.header["crit"] == nil else { throw Self.refused("no extensions in crit") }
    guard let key = proof.header["jwk"].flatMap({ PublicJWK($0) }) else {
      throw Self.refused("a public key in jwk, of P-256 or Ed25519")
    }
    guard proof.isSigned(by: key) else {
      throw Self.refused("a signature by the key in jwk, with \(Self.algorithms.joined(separator: " or "))")
    }
    guard case .string(request.method)? = proof.payload["htm"] else { throw Self.refused("the method in htm") }
    guard case .string(let text)? = proof.payload["htu"], let url = RequestURL(text), url == RequestURL(request.url)
    else {
      throw Self.refused("the address of the request in htu")
    }
    let expected = request.token.map { Base64URL.encode(SHA256.hash(Array($0.utf8)).bytes) }
    if let expected {
      guard case .string(expected)? = proof.payload["ath"] else { throw Self.refused("the access token's hash in ath") }
    }
    try nonces?.require(proof.payload["nonce"], at: now)
    let earliest = (now - Self.window).milliseconds / 1_000
    let latest = (now + Self.window).milliseconds / 1_000
    guard case .number(let number)? = proof.payload["iat"], let seconds = Int64(number.prefix { $0 != "." }),
      (earliest...latest).contains(seconds)
    else { throw Self.refused("a time in iat within \(Self.window.components.seconds) seconds of this server's") }
    guard case .string(let identifier)? = proof.payload["jti"], 1...256 ~= identifier.utf8.count else {
      throw Self.refused("an identifier of 1 to 256 bytes in jti")
    }
    let thumbprint = key.thumbprint
    let digest = SHA256.hash(thumbprint.bytes + Array(identifier.utf8))
    return ProvenKey(thumbprint) { [self] () throws(RequestError) in
      try take(digest, of: thumbprint, at: now.milliseconds / 1_000, proofTime: seconds)
    }
  }

  /// Remembers a proof for as long as it would be taken.
  private func take(
    _ proof: Digest, of key: KeyThumbprint, at now: Int64, proofTime: Int64
  ) throws(RequestError) {
    let problem = seen.withLock { seen -> RequestError? in
      // Where there are too many, they are looked through once a second, since each look takes long.
      let isFull = seen.count >= capacity || seen.count(of: key) >= share
      if now >= seen.nextSweep || isFull && now != seen.sweptAt {
        seen.forget(before: now)
        seen.sweptAt = now
        seen.nextSweep = now + Self.window.components.seconds
      }
      guard seen.until[key]?[proof] == nil else { return Self.refused("a proof that was not used before") }
      guard seen.count < capacity else {
        return RequestError(.unavailable, "Too many proofs at a time; try again.", headers: [.retryAfter: "60"])
      }
      guard seen.count(of: key) < share else {
        return RequestError(.tooMany, "Too many proofs of one key at a time; try again.", headers: [.retryAfter: "60"])
      }
      seen.until[key, default: [:]][proof] = proofTime + Self.window.components.seconds
      seen.count += 1
      return nil
    }
    if let problem { throw problem }
  }

  private static func refused(_ expected: String) -> RequestError {
    RequestError(.invalidProof, "DPoP: expected \(expected)")
  }
}

/// An address as proofs are compared by it: without query and fragment, scheme and host in small letters, without the port
/// that the scheme has anyway (RFC 9449 section 4.3, RFC 3986 section 6.2).
private struct RequestURL: Equatable {
  private let text: String

  init?(_ url: String) {
    let bare = url.prefix { $0 != "?" && $0 != "#" }
    guard let mark = bare.firstRange(of: "://") else { return nil }
    let scheme = bare[..<mark.lowerBound].lowercased()
    let rest = bare[mark.upperBound...]
    let slash = rest.firstIndex(of: "/") ?? rest.endIndex
    var authority = rest[..<slash].lowercased()
    let port = scheme == "https" ? ":443" : scheme == "http" ? ":80" : nil
    guard let port, !authority.isEmpty else { return nil }
    if authority.hasSuffix(port) { authority.removeLast(port.count) }
    let path = rest[slash...]
    text = "\(scheme)://\(authority)\(path.isEmpty ? "/" : path)"
  }
}

extension HTTPField.Name {
  /// The header field that a proof comes in.
  public static let dpop = named("DPoP")
  /// The header field by which a server gives a nonce for proofs.
  public static let dpopNonce = named("DPoP-Nonce")
}
