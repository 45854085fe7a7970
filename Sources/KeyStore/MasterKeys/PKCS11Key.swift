import CPlatform
import Glibc
package import LedgerCrypto
import Synchronization

/// A key in a hardware module, which signs there and never leaves it.
package struct PKCS11Key: Sendable {
  /// Why a module does not do what it should.
  package struct Failure: Error {
    package let reason: String
  }

  private let uri: PKCS11URI
  /// Modules keep one login for the whole process, so one call at a time.
  private static let calling = Mutex(())

  package init(_ uri: PKCS11URI) { self.uri = uri }

  /// Where it is, for messages.
  package var place: String { "the key \(uri.object ?? "with that id") in the module \(uri.module)" }

  /// HMAC-SHA-256 by a secret key (CKM_SHA256_HMAC).
  package func authenticate(_ bytes: [UInt8]) throws(Failure) -> Secret {
    var result = unsafe try call { key, buffer, message in
      unsafe bytes.withUnsafeBytes {
        unsafe credledger_pkcs11_hmac(key, $0.baseAddress, $0.count, buffer.baseAddress, buffer.count, message)
      }
    }
    return Secret(wiping: &result)
  }

  /// An Ed25519 signature by a private key (CKM_EDDSA).
  package func sign(_ bytes: [UInt8]) throws(Failure) -> [UInt8] {
    unsafe try call { key, buffer, message in
      unsafe bytes.withUnsafeBytes {
        unsafe credledger_pkcs11_eddsa(key, $0.baseAddress, $0.count, buffer.baseAddress, buffer.count, message)
      }
    }
  }

  /// The public key of an Ed25519 key, whose object has the same name.
  package func publicKey() throws(Failure) -> Ed25519.VerifyingKey {
    let point = unsafe try call { key, buffer, message in
      unsafe credledger_pkcs11_point(key, buffer.baseAddress, buffer.count, message)
    }
    // An octet string in DER, or from some modules the bytes alone.
    let bytes = point.count == 34 && point.starts(with: [0x04, 0x20]) ? Array(point.dropFirst(2)) : point
    do throws(CryptoError) { return try Ed25519.VerifyingKey(bytes: bytes) } catch {
      throw Failure(reason: "\(place) is no Ed25519 key")
    }
  }

  private func call(
    _ body: (
      UnsafePointer<credledger_pkcs11_key>, _ result: UnsafeMutableRawBufferPointer,
      _ message: UnsafeMutablePointer<CChar>
    ) -> Int
  ) throws(Failure) -> [UInt8] {
    let pin = try pin()
    var (result, message) = ([UInt8](repeating: 0, count: 256), [CChar](repeating: 0, count: 256))
    let count = Self.calling.withLock { _ in
      unsafe withKey(pin) { key in
        unsafe result.withUnsafeMutableBytes { result in
          unsafe message.withUnsafeMutableBufferPointer { message in
            guard let message = message.baseAddress else { return -1 }
            return unsafe body(key, result, message)
          }
        }
      }
    }
    guard count >= 0, count <= result.count else {
      let text = String(decoding: message.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
      throw Failure(reason: "\(place): \(text)")
    }
    result.removeLast(result.count - count)
    return result
  }

  private func pin() throws(Failure) -> Secret? {
    guard let path = uri.pinFile else { return nil }
    do throws(KeyStoreError) {
      guard let text = try SecretFile.read(path, holding: "The PIN", limit: 256, owners: []) else {
        throw KeyStoreError(.fileFailure, "The file \(path) with the PIN does not exist.")
      }
      return unsafe text.withUnsafeBytes { bytes in
        let end = unsafe bytes.lastIndex { $0 != 0x0A && $0 != 0x0D } ?? -1
        return unsafe Secret(copying: UnsafeRawBufferPointer(rebasing: bytes[...end]))
      }
    } catch { throw Failure(reason: error.reason) }
  }

  private func withKey<Result>(
    _ pin: Secret?, _ body: (UnsafePointer<credledger_pkcs11_key>) -> Result
  ) -> Result {
    let texts = unsafe [uri.module, uri.token, uri.serial, uri.object].map { unsafe $0.flatMap { unsafe strdup($0) } }
    defer { for index in unsafe texts.indices { unsafe free(texts[index]) } }
    let empty = Secret(copying: [])
    return unsafe (uri.id ?? []).withUnsafeBufferPointer { id in
      unsafe (pin ?? empty).withUnsafeBytes { pinBytes in
        var key = unsafe credledger_pkcs11_key()
        unsafe (key.module, key.token, key.serial, key.label) = (
          UnsafePointer(texts[0]), UnsafePointer(texts[1]), UnsafePointer(texts[2]), UnsafePointer(texts[3])
        )
        unsafe (key.id, key.id_length) = (uri.id == nil ? nil : id.baseAddress, id.count)
        if pin != nil {
          unsafe (key.pin, key.pin_length) = (
            pinBytes.baseAddress?.assumingMemoryBound(to: CChar.self), pinBytes.count
          )
        }
        return unsafe body(&key)
      }
    }
  }
}
