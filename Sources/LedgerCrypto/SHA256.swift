import COpenSSL

/// SHA-256 (FIPS 180-4).
///
/// The one-call forms reuse a context of the calling thread and allocate nothing.
package enum SHA256 {
  /// The digest of `bytes`.
  package static func hash(_ bytes: UnsafeRawBufferPointer) -> Digest {
    let context = unsafe begun()
    unsafe update(context, bytes)
    return unsafe finish(context)
  }

  /// The digest of `bytes`.
  package static func hash(_ bytes: [UInt8]) -> Digest {
    unsafe bytes.withUnsafeBytes { unsafe hash($0) }
  }

  /// The digest of `bytes`.
  package static func hash(_ bytes: RawSpan) -> Digest {
    unsafe bytes.withUnsafeBytes { unsafe hash($0) }
  }

  /// The digest of one byte followed by `bytes`, such as a leaf of a Merkle tree (RFC 6962, section 2.1).
  package static func hash(prefix: UInt8, _ bytes: UnsafeRawBufferPointer) -> Digest {
    let context = unsafe begun()
    unsafe withUnsafeBytes(of: prefix) { unsafe update(context, $0) }
    unsafe update(context, bytes)
    return unsafe finish(context)
  }

  /// The digest of one byte followed by `bytes`.
  package static func hash(prefix: UInt8, _ bytes: [UInt8]) -> Digest {
    unsafe bytes.withUnsafeBytes { unsafe hash(prefix: prefix, $0) }
  }

  /// The digest of one byte followed by `bytes`.
  package static func hash(prefix: UInt8, _ bytes: RawSpan) -> Digest {
    unsafe bytes.withUnsafeBytes { unsafe hash(prefix: prefix, $0) }
  }

  /// The digest of one byte followed by two digests, such as an inner node of a Merkle tree (RFC 6962, section 2.1).
  package static func hash(prefix: UInt8, _ left: Digest, _ right: Digest) -> Digest {
    // Laid out whole on the stack: one call into libcrypto is cheaper than three.
    var node = InlineArray<65, UInt8>(repeating: prefix)
    return unsafe withUnsafeMutableBytes(of: &node) { node in
      unsafe node.storeBytes(of: left, toByteOffset: 1, as: Digest.self)
      unsafe node.storeBytes(of: right, toByteOffset: 33, as: Digest.self)
      return unsafe hash(UnsafeRawBufferPointer(node))
    }
  }

  /// The digest of several pieces, as if they were one, without putting them together in memory.
  package static func hash(pieces: [UInt8]...) -> Digest {
    let context = unsafe begun()
    for piece in pieces {
      unsafe piece.withUnsafeBytes { unsafe update(context, $0) }
    }
    return unsafe finish(context)
  }

  /// A hash in progress over a long stream. It owns a context of its own, so any number may be open on one thread.
  @safe
  package struct Stream: ~Copyable {
    private let context: OpaquePointer

    /// Begins an empty stream. Costs one allocation.
    package init() {
      guard let context = unsafe EVP_MD_CTX_new() else { fatalError("No memory for a hash.") }
      unsafe SHA256.begin(context)
      unsafe self.context = context
    }

    deinit {
      unsafe EVP_MD_CTX_free(context)
    }

    /// Adds the next bytes.
    package mutating func update(_ bytes: UnsafeRawBufferPointer) {
      unsafe SHA256.update(context, bytes)
    }

    /// Adds the next bytes.
    package mutating func update(_ bytes: [UInt8]) {
      unsafe bytes.withUnsafeBytes { unsafe update($0) }
    }

    /// Adds the next bytes.
    package mutating func update(_ bytes: RawSpan) {
      unsafe bytes.withUnsafeBytes { unsafe update($0) }
    }

    /// The digest of all bytes added.
    package consuming func finish() -> Digest {
      unsafe SHA256.finish(context)
    }
  }

  private static let contexts = unsafe PerThread(
    make: { unsafe EVP_MD_CTX_new() }, free: { unsafe EVP_MD_CTX_free(OpaquePointer($0)) })

  private static func begun() -> OpaquePointer {
    let context = unsafe contexts.context
    unsafe begin(context)
    return unsafe context
  }

  // The calls below fail only when libcrypto cannot allocate or is misused, and a hash that silently went wrong would
  // be worse than a stop: so they trap.

  private static func begin(_ context: OpaquePointer) {
    guard unsafe EVP_DigestInit_ex2(context, Algorithm.sha256.pointer, nil) == 1 else {
      fatalError("libcrypto could not begin a SHA-256 hash.")
    }
  }

  private static func update(_ context: OpaquePointer, _ bytes: UnsafeRawBufferPointer) {
    guard unsafe EVP_DigestUpdate(context, bytes.baseAddress, bytes.count) == 1 else {
      fatalError("libcrypto could not continue a SHA-256 hash.")
    }
  }

  private static func finish(_ context: OpaquePointer) -> Digest {
    var digest = Digest.zero
    let status = unsafe withUnsafeMutableBytes(of: &digest) {
      unsafe EVP_DigestFinal_ex(context, $0.baseAddress?.assumingMemoryBound(to: UInt8.self), nil)
    }
    guard status == 1 else { fatalError("libcrypto could not finish a SHA-256 hash.") }
    return digest
  }
}
