import COpenSSL

/// scrypt (RFC 7914): a key from something guessable, made costly to guess.
public enum Scrypt {
  /// Derives key material.
  ///
  /// - Parameters:
  ///   - password: the guessable secret.
  ///   - salt: public, and another for every password.
  ///   - logCost: log2 of the cost N, from 1 to 24. Memory taken is about `128 << logCost` times `blockSize` bytes,
  ///     for as long as the call runs.
  ///   - blockSize: r, 1 or more.
  ///   - parallelism: p, 1 or more; with `blockSize` it multiplies the time.
  ///   - count: the number of bytes to derive, 1 or more.
  /// - Throws: ``CryptoError`` with code `invalidParameter` outside these ranges or when `blockSize * parallelism`
  ///   reaches 2^20; `libraryFailure` when the memory cannot be had.
  public static func derive(
    password: Secret, salt: [UInt8], logCost: Int, blockSize: Int, parallelism: Int, count: Int
  ) throws(CryptoError) -> Secret {
    guard (1...24).contains(logCost), (1..<1 << 20).contains(blockSize), (1..<1 << 20).contains(parallelism),
      blockSize * parallelism < 1 << 20, count > 0
    else {
      throw CryptoError(
        .invalidParameter, "scrypt takes a logCost of 1 to 24, and r, p and a count from 1, with r * p below 2^20.")
    }
    let cost = UInt64(1) << UInt64(logCost)
    // The working memory of RFC 7914, section 6, and libcrypto's own small needs.
    let memory = 128 * UInt64(blockSize) * (cost + UInt64(parallelism) + 2) + 65_536
    return try unsafe Secret(count: count) { (output) throws(CryptoError) in
      let status = unsafe password.withUnsafeBytes { password in
        unsafe EVP_PBE_scrypt(
          password.baseAddress?.assumingMemoryBound(to: CChar.self), password.count, salt, salt.count, cost,
          UInt64(blockSize), UInt64(parallelism), memory,
          output.baseAddress?.assumingMemoryBound(to: UInt8.self), count)
      }
      guard status == 1 else { throw .fromLibrary(doing: "derive a key by scrypt") }
    }
  }
}
