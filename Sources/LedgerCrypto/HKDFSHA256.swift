/// HKDF with SHA-256 (RFC 5869): keys derived from a key.
package enum HKDFSHA256 {
  /// Derives key material. One input gives any number of keys, independent of one another when `info` differs.
  ///
  /// - Parameters:
  ///   - input: secret of high entropy; a password is none.
  ///   - salt: public and optional; empty stands for 32 zeros, as the RFC says.
  ///   - info: what the key is for.
  ///   - count: the number of bytes, from 1 to 8,160. Anything else traps.
  package static func derive(from input: Secret, salt: [UInt8] = [], info: [UInt8], count: Int) -> Secret {
    precondition((1...255 * Digest.byteCount).contains(count), "HKDF-SHA256 derives 1 to 8,160 bytes")
    let extracted = Secret(
      copying: unsafe input.withUnsafeBytes { unsafe HMACSHA256.authenticate($0, key: Secret(copying: salt)) })
    return unsafe Secret(count: count) { output in
      var filled = 0
      var round: UInt8 = 1
      // T(i) = HMAC(PRK, T(i-1) | info | i): the message is kept in a secret, because T(i-1) is key material.
      while filled < count {
        let previous = min(filled, Digest.byteCount)
        let message = unsafe Secret(count: previous + info.count + 1) { message in
          unsafe UnsafeMutableRawBufferPointer(rebasing: message[..<previous])
            .copyMemory(from: UnsafeRawBufferPointer(rebasing: output[(filled - previous)..<filled]))
          unsafe UnsafeMutableRawBufferPointer(rebasing: message[previous...]).copyBytes(from: info)
          unsafe message[previous + info.count] = round
        }
        let block = unsafe message.withUnsafeBytes { unsafe HMACSHA256.authenticate($0, key: extracted) }
        let length = min(Digest.byteCount, count - filled)
        unsafe block.withUnsafeBytes { block in
          unsafe UnsafeMutableRawBufferPointer(rebasing: output[filled..<(filled + length)])
            .copyMemory(from: UnsafeRawBufferPointer(rebasing: block[..<length]))
        }
        filled += length
        round &+= 1
      }
    }
  }
}
