/// Which characters may stand where in a signed note (C2SP signed-note).
enum NoteGrammar {
  /// Whether `name` can name a key: not empty, and without white space, control characters and plus signs.
  static func isKeyName(_ name: String) -> Bool {
    !name.isEmpty && isLine(name)
      && name.unicodeScalars.allSatisfy { $0 != "+" && !$0.properties.isWhitespace }
  }

  /// Whether `text` can be a line, or a part of one: it has neither line ends nor other control characters.
  static func isLine(_ text: String) -> Bool {
    text.utf8.allSatisfy { $0 >= 0x20 }
  }

  /// Whether `text` can be the text of a note: lines, the last of them with its line end too.
  static func isNoteText(_ text: String) -> Bool {
    text.utf8.last == 0x0A && text.utf8.allSatisfy { $0 >= 0x20 || $0 == 0x0A }
  }
}
