public import LedgerCrypto

/// A program that signs: it reads the bytes to sign on standard input, and prints the signature as 64 bytes, as 128
/// hexadecimal digits, or in Base64.
///
/// The program gets the environment of this process, but neither its descriptors nor a variable whose name begins with
/// `CREDLEDGER_`. It has ten seconds.
public struct SigningCommand: SigningKeyProvider {
  private static let seconds = 10
  private let program: ChildProgram

  /// - Parameter command: the program's path from the root, and its arguments. No shell reads them.
  /// - Throws: ``KeyStoreError`` with code `invalidArgument`.
  public init(_ command: [String]) throws(KeyStoreError) {
    guard let path = command.first, path.hasPrefix("/") else {
      throw KeyStoreError(
        .invalidArgument, "signingKey: expected the path of a program from the root, and its arguments",
        field: "signingKey")
    }
    program = ChildProgram(path, Array(command.dropFirst()), inheriting: { !$0.hasPrefix("CREDLEDGER_") })
  }

  public var place: String { "the program \(program.path)" }

  /// Nil: the program only signs.
  public func verifyingKey() -> Ed25519.VerifyingKey? { nil }

  public func sign(_ message: [UInt8]) throws(SigningUnavailable) -> [UInt8] {
    do throws(ChildProgram.Failure) {
      let result = try program.run(input: message, outputLimit: 256, seconds: Self.seconds)
      guard result.status == 0 else { throw ChildProgram.Failure(result.failure(of: program.path)) }
      guard let signature = Self.signature(result.output) else {
        throw ChildProgram.Failure(
          "\(program.path) printed no signature: 64 bytes, 128 hexadecimal digits or their Base64 are expected")
      }
      return signature
    } catch { throw SigningUnavailable(error.reason) }
  }

  private static func signature(_ output: [UInt8]) -> [UInt8]? {
    if output.count == Ed25519.signatureByteCount { return output }
    guard let text = String(validating: output, as: UTF8.self) else { return nil }
    let core = text.drop { $0.isWhitespace }.prefix { !$0.isWhitespace }
    guard text.utf8.count - core.utf8.count <= 8 else { return nil }
    let signature = core.utf8.count == 2 * Ed25519.signatureByteCount ? Hex.decode(core) : Base64.decode(core)
    return signature?.count == Ed25519.signatureByteCount ? signature : nil
  }
}
