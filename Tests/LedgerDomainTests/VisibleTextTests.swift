import Testing

@testable import LedgerDomain

/// Names are what they look like.
@Suite struct VisibleTextTests {
  @Test(
    "Names that are seen",
    arguments: [
      "Roster", "Zoë", "e\u{301}", "東京", "葛\u{E0100}城", "❤\u{FE0F}", "👩\u{200D}👩\u{200D}👧", "🏳\u{FE0F}\u{200D}🌈",
      "🏴\u{E0067}\u{E0062}\u{E0065}\u{E006E}\u{E0067}\u{E007F}", "می\u{200C}خواهم", "क्\u{200D}ष", "שלום", "",
    ])
  func namesThatAreSeen(name: String) { #expect(VisibleText.isSeen(name.unicodeScalars)) }

  @Test(
    "Names that hide something",
    arguments: [
      "\u{200B}", "\u{3164}", "\u{2800}", "\u{115F}\u{1160}", "\u{301}", " ", "a\u{200B}b", "a\u{200D}b", "a\u{200C}b",
      "a\u{200E}", "\u{200F}a", "a\u{61C}b", "a\u{AD}b", "a\u{2060}b", "\u{FEFF}a", "a\u{E0061}", "\u{FE0F}",
      "a\u{3164}b",
      "a\u{202E}b", "a\u{2066}b", "\u{200D}👩", "1\u{200D}2", "a\u{FE0F}\u{FE0F}", "a\u{180E}b",
    ])
  func namesThatHideSomething(name: String) { #expect(!VisibleText.isSeen(name.unicodeScalars)) }
}
