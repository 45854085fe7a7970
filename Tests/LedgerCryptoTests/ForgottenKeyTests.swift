import COpenSSL
import TestSupport
import Testing

@testable import LedgerCrypto

/// A thread's contexts are kept, and the keys in them are not.
@Suite("Contexts that are kept for a thread")
struct ForgottenKeyTests {
  private let key = Secret(copying: [UInt8](repeating: 5, count: 32))

  @Test("After sealing and opening, the context encrypts under that key no more")
  func cipher() throws {
    let nonce = try #require(
      unsafe [UInt8](repeating: 9, count: 12).withUnsafeBytes { unsafe AES256GCM.Nonce(copying: $0) })
    let plaintext = [UInt8](repeating: 0, count: 16)
    let box = try AES256GCM.seal(plaintext, key: key, nonce: nonce, authenticating: [])
    #expect(try encrypted(plaintext, nonce) != Array(box.prefix(16)))
    _ = try AES256GCM.open(box, key: key, nonce: nonce, authenticating: [])
    #expect(try encrypted(plaintext, nonce) != Array(box.prefix(16)))
    // That the context can tell: under the key of zeros which it has now, it does.
    let zeros = Secret(copying: [UInt8](repeating: 0, count: 32))
    #expect(
      try encrypted(plaintext, nonce)
        == Array(AES256GCM.seal(plaintext, key: zeros, nonce: nonce, authenticating: []).prefix(16)))
  }

  @Test("After authenticating, the context authenticates under that key no more")
  func code() throws {
    let code = HMACSHA256.authenticate([1, 2, 3], key: key)
    #expect(try authenticated([1, 2, 3]) != code.bytes)
    #expect(
      try authenticated([1, 2, 3])
        == HMACSHA256.authenticate([1, 2, 3], key: Secret(copying: [UInt8](repeating: 0, count: 32))).bytes)
  }

  /// What the thread's context makes of bytes with a nonce, under whatever key is in it.
  private func encrypted(_ bytes: [UInt8], _ nonce: AES256GCM.Nonce) throws -> [UInt8] {
    let context = unsafe AES256GCM.contexts.context
    var output = [UInt8](repeating: 0, count: bytes.count)
    var written: Int32 = 0
    let begun = unsafe nonce.withUnsafeBytes {
      unsafe EVP_CipherInit_ex(context, nil, nil, nil, $0.baseAddress?.assumingMemoryBound(to: UInt8.self), 1)
    }
    let done = unsafe EVP_CipherUpdate(context, &output, &written, bytes, Int32(bytes.count))
    try #require(begun == 1 && done == 1)
    return output
  }

  private func authenticated(_ bytes: [UInt8]) throws -> [UInt8] {
    let context = unsafe HMACSHA256.contexts.context
    var output = [UInt8](repeating: 0, count: 32)
    let begun = unsafe EVP_MAC_init(context, nil, 0, nil)
    let updated = unsafe EVP_MAC_update(context, bytes, bytes.count)
    let done = unsafe EVP_MAC_final(context, &output, nil, output.count)
    try #require(begun == 1 && updated == 1 && done == 1)
    return output
  }
}
