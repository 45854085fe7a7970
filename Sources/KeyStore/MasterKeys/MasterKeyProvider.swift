import Glibc
public import LedgerCrypto
import Synchronization

/// Fetches a master key from where it is kept: a key management service, a hardware module, another process.
///
/// It is asked each time that the key is needed: when a ledger is opened, and in a process that only reads, when the keys
/// were rotated or something is signed. What is given is not kept.
public protocol MasterKeyProvider: Sendable {
  /// Where the key is, for messages.
  var place: String { get }

  /// The key: 32 bytes, or its text as in a file.
  ///
  /// - Throws: ``MasterKeyUnavailable`` where it cannot be had now.
  func masterKey() throws(MasterKeyUnavailable) -> Secret
}

/// Why a provider has no master key now.
public struct MasterKeyUnavailable: Error, Sendable {
  /// What failed, without a secret, to follow "There is no master key:".
  public let reason: String

  public init(_ reason: String) { self.reason = reason }
}

/// A master key that was handed to the process, and kept for as long as this value is.
public final class GivenMasterKey: MasterKeyProvider {
  public let place: String
  private let text: Secret

  public init(_ text: Secret, place: String) {
    self.text = text
    self.place = place
  }

  /// Takes the key out of an environment variable: it is overwritten there, where other processes could see it, and unset,
  /// so that no program which is started gets it. To be called before other threads read the environment.
  ///
  /// - Returns: nil where the variable is not set.
  public init?(takingVariable name: String) {
    guard let value = unsafe getenv(name) else { return nil }
    let count = unsafe strlen(value)
    text = unsafe Secret(copying: UnsafeRawBufferPointer(start: value, count: count))
    unsafe explicit_bzero(value, count)
    unsafe unsetenv(name)
    place = "the environment variable \(name)"
  }

  /// Reads the key from an open descriptor to its end, and closes that.
  ///
  /// - Throws: ``MasterKeyUnavailable`` where it cannot be read, or has more than a key's text.
  public init(readingDescriptor descriptor: Int32) throws(MasterKeyUnavailable) {
    place = "the descriptor \(descriptor)"
    defer { close(descriptor) }
    var bytes = [UInt8](repeating: 0, count: MasterKey.sizeLimit + 1)
    defer { _ = Secret(wiping: &bytes) }
    var filled = 0
    while filled < bytes.count {
      let count = unsafe bytes.withUnsafeMutableBytes {
        unsafe read(descriptor, $0.baseAddress?.advanced(by: filled), $0.count - filled)
      }
      if count < 0, errno == EINTR { continue }
      guard count >= 0 else { throw MasterKeyUnavailable("the descriptor \(descriptor) cannot be read") }
      if count == 0 { break }
      filled += count
    }
    guard filled < bytes.count else {
      throw MasterKeyUnavailable("the descriptor \(descriptor) has more than \(MasterKey.sizeLimit) bytes")
    }
    text = unsafe bytes.withUnsafeBytes { unsafe Secret(copying: UnsafeRawBufferPointer(rebasing: $0[..<filled])) }
  }

  public func masterKey() -> Secret { text }
}
