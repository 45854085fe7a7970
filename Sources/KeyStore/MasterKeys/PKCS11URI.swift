/// Names a key in a hardware module, and the way to it (RFC 7512), such as
/// `pkcs11:token=ledger;object=master?module-path=/usr/lib/softhsm/libsofthsm2.so&pin-source=file:/etc/credledger/pin`.
public struct PKCS11URI: Sendable {
  /// The path of the module's library, from the root.
  let module: String
  let token: String?
  let serial: String?
  /// The label of the key, and its ID; one of them is there.
  let object: String?
  let id: [UInt8]?
  /// The file with the user's PIN; nil for a token that wants none.
  let pinFile: String?

  /// The attributes `token`, `serial`, `object`, `id`, `module-path` and `pin-source` are understood; `type` is ignored.
  /// A PIN within the text (`pin-value`) is refused, since others could see it.
  ///
  /// - Throws: ``KeyStoreError`` with code `invalidArgument` and the field `pkcs11`, which says what is wrong.
  public init(_ text: String) throws(KeyStoreError) {
    guard text.hasPrefix("pkcs11:") else { throw Self.wrong("a text that begins with pkcs11:") }
    let parts = text.dropFirst(7).split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
    var values: [String: [UInt8]] = [:]
    for (part, separator) in zip(parts, [Character(";"), "&"]) {
      for attribute in part.split(separator: separator) {
        let pair = attribute.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
        guard pair.count == 2, let value = Self.decoded(pair[1]), !value.isEmpty, values[String(pair[0])] == nil else {
          throw Self.wrong("each attribute once, as NAME=VALUE")
        }
        values[String(pair[0])] = value
      }
    }
    guard values["pin-value"] == nil else {
      throw Self.wrong("no pin-value, which others could see; name a file by pin-source")
    }
    func take(_ name: String) throws(KeyStoreError) -> String? {
      guard let value = values.removeValue(forKey: name) else { return nil }
      guard let text = String(validating: value, as: UTF8.self), !text.contains("\0") else {
        throw Self.wrong("\(name) in UTF-8")
      }
      return text
    }
    guard let module = try take("module-path"), module.hasPrefix("/") else {
      throw Self.wrong("module-path, the module's library by its path from the root")
    }
    self.module = module
    (token, serial, object) = (try take("token"), try take("serial"), try take("object"))
    id = values.removeValue(forKey: "id")
    guard object != nil || id != nil else { throw Self.wrong("object or id, which name the key") }
    let source = try take("pin-source")
    pinFile = source.map {
      $0.hasPrefix("file://") ? String($0.dropFirst(7)) : $0.hasPrefix("file:") ? String($0.dropFirst(5)) : $0
    }
    guard pinFile?.hasPrefix("/") ?? true else { throw Self.wrong("pin-source, a file by its path from the root") }
    values["type"] = nil
    if let unknown = values.keys.min() { throw Self.wrong("no attribute \(unknown), which is not supported") }
  }

  private static func wrong(_ expected: String) -> KeyStoreError {
    KeyStoreError(.invalidArgument, "pkcs11: expected \(expected)", field: "pkcs11")
  }

  /// The bytes of a text with percent-encodings (RFC 3986, section 2.1); nil where one is malformed.
  private static func decoded(_ text: Substring) -> [UInt8]? {
    var bytes: [UInt8] = []
    var rest = Array(text.utf8)[...]
    while let byte = rest.popFirst() {
      guard byte == UInt8(ascii: "%") else {
        bytes.append(byte)
        continue
      }
      guard rest.count >= 2, let value = UInt8(String(decoding: rest.prefix(2), as: UTF8.self), radix: 16) else {
        return nil
      }
      bytes.append(value)
      rest = rest.dropFirst(2)
    }
    return bytes
  }
}
