import CredentialLedger
import TokenService

extension ServerSettings {
  /// The keys of those whose reports of leaked tokens are taken.
  ///
  /// - Throws: where a file cannot be read, or holds no key of P-256.
  var leakReporters: LeakReporters {
    get throws(SettingsError) {
      var keys: [String: P256.VerifyingKey] = [:]
      for file in leakKeys {
        guard let bytes = try? DurableFile.read(file.path, limit: 1 << 16) else {
          throw SettingsError("leaks.keys: the file \(file.path) cannot be read")
        }
        guard let key = Self.key(pem: String(decoding: bytes, as: UTF8.self)) else {
          throw SettingsError("leaks.keys: \(file.path): expected a public key of P-256, in PEM")
        }
        guard keys.updateValue(key, forKey: file.identifier) == nil else {
          throw SettingsError("leaks.keys: expected each identifier once, got \(file.identifier) twice")
        }
      }
      return LeakReporters(keys)
    }
  }

  /// What stands before the point in the encoding of such a key (RFC 5480 section 2), with the byte that says that both
  /// coordinates follow.
  private static let prefix: [UInt8] = [
    0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x02, 0x01, 0x06, 0x08, 0x2A, 0x86, 0x48, 0xCE,
    0x3D,
    0x03, 0x01, 0x07, 0x03, 0x42, 0x00, 0x04,
  ]

  private static func key(pem text: String) -> P256.VerifyingKey? {
    let lines = text.split(whereSeparator: \.isNewline).map { $0.filter { !$0.isWhitespace } }
    guard let first = lines.firstIndex(of: "-----BEGINPUBLICKEY-----"),
      let last = lines.firstIndex(of: "-----ENDPUBLICKEY-----"), first < last,
      let bytes = Base64.decode(lines[(first + 1)..<last].joined()), bytes.starts(with: prefix),
      bytes.count == prefix.count + 64
    else { return nil }
    let point = bytes.dropFirst(prefix.count)
    return try? P256.VerifyingKey(x: Array(point.prefix(32)), y: Array(point.suffix(32)))
  }
}
