import COpenSSL

/// Whether two runs of bytes are equal, in a time that depends on their lengths only. Runs of different length are
/// unequal at once: a length is no secret.
package func constantTimeEquals(_ left: UnsafeRawBufferPointer, _ right: UnsafeRawBufferPointer) -> Bool {
  guard left.count == right.count else { return false }
  guard let leftStart = left.baseAddress, let rightStart = right.baseAddress else { return true }
  return unsafe CRYPTO_memcmp(leftStart, rightStart, left.count) == 0
}

/// Whether two runs of bytes are equal, in a time that depends on their lengths only.
package func constantTimeEquals(_ left: [UInt8], _ right: [UInt8]) -> Bool {
  unsafe left.withUnsafeBytes { left in
    unsafe right.withUnsafeBytes { right in unsafe constantTimeEquals(left, right) }
  }
}
