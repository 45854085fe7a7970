import Synchronization

/// A stream of bytes that follows from a seed: somebody who has the seed has the stream.
///
/// It serves simulations, which run again from their seed, and derivations, where an answer has to be found again
/// without having been stored. From a seed of 32 secret bytes the stream cannot be told from chance. Its definition
/// is fixed for good, because stored data depends on it:
///
/// - block `i` (from 0) is HMAC-SHA256 under the seed, over the 21 ASCII bytes `DeterministicRandom/1` and `i` as
///   eight bytes, most significant first;
/// - the stream is the blocks in order, 32 bytes each, and every call takes the bytes that come next, however many
///   calls share them.
///
/// Calls from several threads get disjoint ranges; which thread gets which is not determined.
package final class DeterministicRandom: RandomSource {
  private let seed: Secret
  private let position = Mutex<UInt64>(0)

  /// Begins the stream of a seed.
  ///
  /// - Parameter seed: of any length; 32 bytes or more where the stream is to be secret.
  package init(seed: Secret) {
    self.seed = seed
  }

  /// Never fails.
  package func fill(_ buffer: UnsafeMutableRawBufferPointer) {
    let start = position.withLock { position in
      defer { position += UInt64(buffer.count) }
      return position
    }
    let blockSize = UInt64(Digest.byteCount)
    var filled = 0
    while filled < buffer.count {
      let place = start + UInt64(filled)
      let skipped = Int(place % blockSize)
      let length = min(Digest.byteCount - skipped, buffer.count - filled)
      unsafe block(place / blockSize).withUnsafeBytes { block in
        unsafe UnsafeMutableRawBufferPointer(rebasing: buffer[filled..<(filled + length)])
          .copyMemory(from: UnsafeRawBufferPointer(rebasing: block[skipped..<(skipped + length)]))
      }
      filled += length
    }
  }

  private func block(_ index: UInt64) -> Digest {
    var message = Array("DeterministicRandom/1".utf8)
    message.reserveCapacity(message.count + 8)
    for shift in stride(from: 56, through: 0, by: -8) {
      message.append(UInt8(truncatingIfNeeded: index >> UInt64(shift)))
    }
    return HMACSHA256.authenticate(message, key: seed)
  }
}
