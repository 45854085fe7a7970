public import LedgerCrypto

/// A master key that a program prints, such as the client of a key management service.
///
/// The program gets the environment of this process, since such clients are configured by it, but neither its descriptors
/// nor a variable whose name begins with `CREDLEDGER_`. It has half a minute.
public struct MasterKeyCommand: MasterKeyProvider {
  private let program: ChildProgram

  /// - Parameter command: the program's path from the root, and its arguments. No shell reads them.
  /// - Throws: ``KeyStoreError`` with code `invalidArgument`.
  public init(_ command: [String]) throws(KeyStoreError) {
    guard let path = command.first, path.hasPrefix("/") else {
      throw KeyStoreError(
        .invalidArgument, "masterKey: expected the path of a program from the root, and its arguments",
        field: "masterKey")
    }
    program = ChildProgram(path, Array(command.dropFirst()), inheriting: { !$0.hasPrefix("CREDLEDGER_") })
  }

  public var place: String { "what \(program.path) prints" }

  public func masterKey() throws(MasterKeyUnavailable) -> Secret {
    do throws(ChildProgram.Failure) {
      var result = try program.run(outputLimit: MasterKey.sizeLimit)
      let text = Secret(wiping: &result.output)
      guard result.status == 0 else { throw ChildProgram.Failure(result.failure(of: program.path)) }
      return text
    } catch { throw MasterKeyUnavailable(error.reason) }
  }
}
