import COpenSSL

/// Why a cryptographic operation failed.
///
/// Two errors are equal when their codes are. The reason is for people and never holds a key, a plaintext or another
/// secret.
public struct CryptoError: Error, Sendable {
  /// What kind of failure it was.
  public struct Code: Sendable, Hashable, CustomStringConvertible {
    private let name: String

    private init(_ name: String) { self.name = name }

    /// A sealed box, or what was authenticated along with it, was changed, or another key sealed it.
    public static let authenticationFailed = Code("authenticationFailed")
    /// A key does not have the size its algorithm asks for.
    public static let invalidKey = Code("invalidKey")
    /// A parameter is outside its range.
    public static let invalidParameter = Code("invalidParameter")
    /// The random source gave no bytes.
    public static let randomUnavailable = Code("randomUnavailable")
    /// The installed libcrypto does not offer an algorithm.
    public static let algorithmMissing = Code("algorithmMissing")
    /// libcrypto failed in a way that correct input does not explain, such as a lack of memory.
    public static let libraryFailure = Code("libraryFailure")

    public var description: String { name }
  }

  /// What kind of failure it was.
  public let code: Code
  /// What was wrong, and what to do about it.
  public let reason: String

  /// Makes an error; the reason must hold nothing secret.
  public init(_ code: Code, _ reason: String) {
    self.code = code
    self.reason = reason
  }

  /// An error with the text of libcrypto's oldest complaint on this thread, whose queue it empties.
  static func fromLibrary(_ code: Code = .libraryFailure, doing task: StaticString) -> CryptoError {
    let number = ERR_peek_error()
    ERR_clear_error()
    let text = unsafe ERR_reason_error_string(number).map { unsafe String(cString: $0) } ?? "no reason given"
    return CryptoError(code, "libcrypto failed to \(task): \(text).")
  }
}

extension CryptoError: Equatable {
  /// Whether two errors have the same code.
  public static func == (left: CryptoError, right: CryptoError) -> Bool { left.code == right.code }
}

extension CryptoError: CustomStringConvertible {
  public var description: String { "\(code): \(reason)" }
}
