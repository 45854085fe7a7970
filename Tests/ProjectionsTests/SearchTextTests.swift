import Testing

@testable import Projections

@Suite("Texts as searches compare them") struct SearchTextTests {
  @Test(
    "Words are in lower case and without marks",
    arguments: [
      ("Ada Lovelace", ["ada", "lovelace"]), ("  O'Brien-Smith,  Jr. ", ["o", "brien", "smith", "jr"]),
      ("JOSÉ  Ångström", ["jose", "angstrom"]), ("Jose\u{301}", ["jose"]), ("Straße Łódź", ["strasse", "lodz"]),
      ("İzmir ΌΔΟΣ Ёлка Йод", ["izmir", "οδοσ", "елка", "иод"]), ("王小明", ["王小明"]), ("नमस्ते", ["नमस्ते"]),
      ("room 101", ["room", "101"]), ("--- ", []),
    ])
  func words(text: String, words: [String]) {
    #expect(SearchText.words(of: text) == words)
  }

  @Test("A word is found by its beginnings and by itself")
  func beginnings() {
    #expect(SearchText.beginnings(of: "ada") == ["ad", "ada"])
    #expect(SearchText.beginnings(of: "x") == ["x"])
    let long = "abcdefghijklmnop"
    let found = SearchText.beginnings(of: long)
    #expect(found.first == "ab" && found.contains("abcdefghijkl") && !found.contains("abcdefghijklm"))
    #expect(found.last == long && found.count == 12)
  }

  @Test("A whole text keeps its signs")
  func whole() {
    #expect(SearchText.whole("Auth0|5F.x@É") == "auth0|5f.x@e")
  }
}
