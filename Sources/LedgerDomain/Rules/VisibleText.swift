/// Whether a name is what it looks like: each of its characters is seen, or shapes one that is. Others make two names look
/// the same, or one look like none (Unicode Standard Annex #44, Default_Ignorable_Code_Point; Annex #9, implicit marks).
package enum VisibleText {
  /// Whether a text of one line can be seen, and has nothing that cannot. No text is seen as well: it hides nothing.
  package static func isSeen(_ text: some Collection<Unicode.Scalar>) -> Bool {
    var isSeen = text.isEmpty
    var before: Unicode.Scalar?
    for scalar in text {
      if scalar.properties.isDefaultIgnorableCodePoint {
        guard let before, shapes(scalar, after: before) else { return false }
      } else if !isMark(scalar), !scalar.properties.isWhitespace, scalar != blankPattern {
        isSeen = true
      }
      before = scalar
    }
    return isSeen
  }

  /// A pattern of Braille without any dot.
  private static let blankPattern: Unicode.Scalar = "\u{2800}"

  private static func isMark(_ scalar: Unicode.Scalar) -> Bool {
    [.nonspacingMark, .enclosingMark, .spacingMark].contains(scalar.properties.generalCategory)
  }

  /// Whether a character without a shape of its own gives one to what comes before it: variants of ideographs and of
  /// pictures, pictures that are joined, flags of regions, and the joiners of scripts whose letters join.
  private static func shapes(_ scalar: Unicode.Scalar, after before: Unicode.Scalar) -> Bool {
    let isPicture = before.properties.isEmoji && !before.isASCII
    switch scalar.value {
    case 0xFE00...0xFE0F, 0xE0100...0xE01EF: return !before.properties.isDefaultIgnorableCodePoint
    case 0x200D: return isPicture || (0xFE00...0xFE0F).contains(before.value) || joins(before)
    case 0x200C: return joins(before)
    case 0xE0020...0xE007F: return before.value == 0x1F3F4 || (0xE0020...0xE007E).contains(before.value)
    default: return false
    }
  }

  /// Whether a letter may be joined to the next: those of Arabic and its like, and what ends in a virama in the scripts of
  /// India (RFC 5892, appendix A).
  private static func joins(_ scalar: Unicode.Scalar) -> Bool {
    scalar.properties.canonicalCombiningClass == .virama
      || (0x0620...0x08FF).contains(scalar.value) && !isMark(scalar)
  }
}
