extension String {
  /// A text of one line, as it stands in a record for good: without white space around it, and by the rules of names.
  ///
  /// - Parameters:
  ///   - field: by which a refusal names it.
  ///   - limit: how many bytes of UTF-8 it may have.
  /// - Throws: ``ErrorCode/invalidValue``.
  package func recordedLine(_ field: String, bytes limit: Int) throws(DecisionFailure) -> String {
    let line = try TextRule(field: field, characters: 1...limit).trimming(self)
    guard line.utf8.count <= limit else {
      throw .refused(.invalidValue, field: field, expected: "at most \(limit) bytes")
    }
    return line
  }
}

/// The bounds of a text that people write. Characters are counted as Unicode scalars, so that a bound on them is one
/// on bytes too (four a scalar).
struct TextRule {
  let field: String
  let characters: ClosedRange<Int>
  /// Whether line feeds and tabs may be part of it.
  var isMultiline = false

  /// The text without white space around it.
  /// - Throws: ``ErrorCode/invalidValue`` if it is too short, too long, has characters that control a terminal or turn
  ///   the direction of writing, or was not UTF-8; for a name also if it has characters that nobody sees, or nothing else.
  func trimming(_ text: String) throws(DecisionFailure) -> String {
    var trimmed = text.unicodeScalars.drop { $0.properties.isWhitespace }
    while trimmed.last?.properties.isWhitespace == true { trimmed.removeLast() }
    guard characters.contains(trimmed.count) else {
      throw .refused(
        .invalidValue, field: field, expected: "\(characters.lowerBound) to \(characters.upperBound) characters")
    }
    guard trimmed.allSatisfy(allows) else {
      throw .refused(
        .invalidValue, field: field, expected: "no control characters, and none that turn the direction of writing")
    }
    guard isMultiline || VisibleText.isSeen(trimmed) else {
      throw .refused(.invalidValue, field: field, expected: "characters that can be seen, and none that cannot")
    }
    // What stands in the place of bytes that were none.
    guard !trimmed.contains("\u{FFFD}") else {
      throw .refused(.invalidValue, field: field, expected: "text in UTF-8")
    }
    return String(trimmed)
  }

  private func allows(_ scalar: Unicode.Scalar) -> Bool {
    // They make a name read as another one (Unicode Standard Annex #9, explicit formatting).
    if (0x202A...0x202E).contains(scalar.value) || (0x2066...0x2069).contains(scalar.value) { return false }
    return switch scalar.properties.generalCategory {
    case .control: isMultiline && (scalar == "\n" || scalar == "\t")
    case .lineSeparator, .paragraphSeparator: false
    default: true
    }
  }
}
