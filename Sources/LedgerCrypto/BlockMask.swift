import COpenSSL
import Synchronization

/// AES-256 on single blocks (FIPS 197) under a fixed key: a secret permutation of 16-byte values.
///
/// It hides what a value is, such as a position inside a token, from everyone without the key. It is no encryption of
/// messages: equal blocks have equal masks, and nothing is authenticated.
///
/// Any number of threads may use one mask at once, without a lock or an allocation per call. Each thread keeps the
/// expanded key of the mask it used last, until that thread ends; a thread that alternates between masks expands a key
/// each time, which is correct but slower.
package struct BlockMask: Sendable {
  /// One block, 16 bytes.
  package typealias Block = InlineArray<16, UInt8>

  private let key: Secret
  /// Tells masks apart in a thread's context; unique in the process, and never 0.
  private let serial: UInt

  /// Makes a mask.
  ///
  /// - Parameter key: 32 bytes.
  /// - Throws: ``CryptoError`` with code `invalidKey` for any other size.
  package init(key: Secret) throws(CryptoError) {
    guard key.count == 32 else { throw CryptoError(.invalidKey, "An AES-256 key has 32 bytes, not \(key.count).") }
    self.key = key
    serial = BlockMask.serials.wrappingAdd(1, ordering: .relaxed).newValue
  }

  /// Encrypts one block.
  package func mask(_ block: Block) -> Block {
    unsafe transform(block, in: BlockMask.encryptors.context, direction: 1)
  }

  /// Decrypts one block; every block is the mask of exactly one other.
  package func unmask(_ block: Block) -> Block {
    unsafe transform(block, in: BlockMask.decryptors.context, direction: 0)
  }

  private static let serials = Atomic<UInt>(0)
  private static let encryptors = contexts()
  private static let decryptors = contexts()

  private static func contexts() -> PerThread {
    unsafe PerThread(
      make: { unsafe EVP_CIPHER_CTX_new() }, free: { unsafe EVP_CIPHER_CTX_free(OpaquePointer($0)) })
  }

  private func transform(_ block: Block, in context: OpaquePointer, direction: Int32) -> Block {
    if UInt(bitPattern: unsafe EVP_CIPHER_CTX_get_app_data(context)) != serial {
      unsafe expandKey(into: context, direction: direction)
    }
    var result = Block(repeating: 0)
    var written: Int32 = 0
    let status = unsafe withUnsafeMutableBytes(of: &result) { result in
      unsafe withUnsafeBytes(of: block) { block in
        unsafe EVP_CipherUpdate(
          context, result.baseAddress?.assumingMemoryBound(to: UInt8.self), &written,
          block.baseAddress?.assumingMemoryBound(to: UInt8.self), 16)
      }
    }
    // Nothing but misuse makes this fail, and an unmasked block must not pass for a masked one.
    guard status == 1, written == 16 else { fatalError("libcrypto could not encrypt a block.") }
    return result
  }

  private func expandKey(into context: OpaquePointer, direction: Int32) {
    let status = unsafe key.withUnsafeBytes {
      unsafe EVP_CipherInit_ex(
        context, Algorithm.aes256Block.pointer, nil, $0.baseAddress?.assumingMemoryBound(to: UInt8.self), nil,
        direction)
    }
    guard status == 1, unsafe EVP_CIPHER_CTX_set_padding(context, 0) == 1 else {
      fatalError("libcrypto could not expand an AES key.")
    }
    unsafe EVP_CIPHER_CTX_set_app_data(context, UnsafeMutableRawPointer(bitPattern: serial))
  }
}
