import LedgerEvents

/// Which names a program may give to its namespace and to its events. None can be taken for an event of the ledger itself.
enum NamespaceRules {
  static let maximumNameByteCount = 100
  static let maximumTypeByteCount = 64
  static let maximumTypeCount = 200

  /// First words of names that are the ledger's own.
  private static let reserved: Set<Substring> = Set(
    EventType.allCases.compactMap { $0.name?.prefix { $0 != "." } } + ["credledger", "ledger"])

  /// - Throws: ``ErrorCode/invalidValue`` unless it is a domain name in reverse that is not reserved.
  static func require(name: String) throws(DecisionFailure) {
    let labels = name.split(separator: ".", omittingEmptySubsequences: false)
    guard (3...maximumNameByteCount).contains(name.utf8.count), labels.count >= 2, labels.allSatisfy(isLabel) else {
      throw .refused(
        .invalidValue, field: "namespace",
        expected: "a domain name in reverse, such as com.example.billing: two or more labels of a to z, 0 to 9 and -, "
          + "at most \(maximumNameByteCount) bytes")
    }
    guard !reserved.contains(labels[0]) else {
      throw .refused(.invalidValue, field: "namespace", expected: "a name that begins with no word of the ledger's own")
    }
  }

  /// - Throws: ``ErrorCode/invalidValue`` unless all are well formed, and none is the name of an event of the ledger.
  static func require(types: [String]) throws(DecisionFailure) {
    for type in types {
      let words = type.split(separator: ".", omittingEmptySubsequences: false)
      guard type.utf8.count <= maximumTypeByteCount, words.allSatisfy(isWord) else {
        throw .refused(
          .invalidValue, field: "types",
          expected: "names such as invoice.paid: words of a to z, 0 to 9 and _ with dots between, at most "
            + "\(maximumTypeByteCount) bytes")
      }
      guard EventType(name: type) == nil else {
        throw .refused(.invalidValue, field: "types", expected: "no name of an event of the ledger itself")
      }
    }
  }

  /// Whether a text is a word of an event's name, or the name of a personal field.
  static func isWord(_ text: some StringProtocol) -> Bool {
    guard let first = text.utf8.first, isLetter(first) else { return false }
    return text.utf8.allSatisfy { isLetter($0) || isDigit($0) || $0 == UInt8(ascii: "_") }
  }

  private static func isLabel(_ text: Substring) -> Bool {
    guard let first = text.utf8.first, isLetter(first), text.utf8.count <= 63, text.utf8.last != UInt8(ascii: "-")
    else { return false }
    return text.utf8.allSatisfy { isLetter($0) || isDigit($0) || $0 == UInt8(ascii: "-") }
  }

  private static func isLetter(_ byte: UInt8) -> Bool { UInt8(ascii: "a")...UInt8(ascii: "z") ~= byte }
  private static func isDigit(_ byte: UInt8) -> Bool { UInt8(ascii: "0")...UInt8(ascii: "9") ~= byte }
}
