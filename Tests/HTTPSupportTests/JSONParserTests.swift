import HTTPSupport
import Testing

/// JSON as published clients of the original service write it.
@Suite struct JSONParserTests {
  private func parse(_ text: String) throws -> JSONValue { try JSONParser.parse(Array(text.utf8)) }

  @Test(
    "Lenient spellings are read, and written strictly",
    arguments: [
      (#"{members:["+911199999999"]}"#, #"{"members":["+911199999999"]}"#),
      (#"{'message': "It's", "a": 'say "so"'}"#, #"{"message":"It's","a":"say \"so\""}"#),
      ("{a: 1, // one\n b: [1, 2,], /* two */}", #"{"a":1,"b":[1,2]}"#),
      ("{\"a\": \"tab\tline\n\"}\r\n", #"{"a":"tab\u0009line\u000a"}"#),
      (#"{"a":"\u00e9\ud83d\ude00\n"}"#, #"{"a":"é😀\u000a"}"#),
      ("\u{FEFF}{\"a\": true, \"b\": null}", #"{"a":true,"b":null}"#),
      (#"["","\\",'\'','a\tb\\','""é\n','\u0041é']"#, #"["","\\","'","a\u0009b\\","\"\"é\u000a","Aé"]"#),
      ("-1.5e+10", "-1.5e+10"), ("[]", "[]"), ("{}", "{}"),
    ]) func lenientSpellings(text: String, strict: String) throws
  {
    #expect(String(decoding: try parse(text).bytes, as: UTF8.self) == strict)
  }

  @Test(
    "What is not JSON is refused with its place",
    arguments: [
      "", "{", "[", "{a}", "{a:}", "{,}", "[,]", "[1 2]", "{a:1 b:2}", "'a", "\"\\x\"", "\"\\u12\"", "True", "None",
      "1.",
      "-",
      "+1", "{a:1}{", "/", "/*", "nul", "\"\\u+123\"",
    ]) func jsonRefused(text: String)
  {
    #expect(throws: JSONParser.Failure.self) { try parse(text) }
  }

  @Test("What is nested too deeply is refused, and no stack overflows") func nestedToo() throws {
    let deep = String(repeating: "[", count: 100_000)
    #expect(throws: JSONParser.Failure.self) { try parse(deep) }
    let allowed =
      String(repeating: "[", count: JSONParser.depthLimit) + String(repeating: "]", count: JSONParser.depthLimit)
    #expect(throws: Never.self) { try parse(allowed) }
  }

  @Test("A text that is not UTF-8 is taken for ISO 8859-1") func textUTF() throws {
    #expect(try JSONParser.parse([0x22, 0x4D, 0xFC, 0x22]) == .string("Mü"))
  }

  @Test("Names match without regard to case, null is absent, and a number may stand for a text") func namesMatch()
    throws
  {
    let value = try parse(
      #"{"Message": "a", mobileNumber: 911199999999, Active: "true", nothing: null, twice: 1, Twice: 2}"#)
    #expect(value["message"]?.text == "a")
    #expect(value["mobilenumber"]?.text == "911199999999")
    #expect(value["active"]?.text == "true")
    #expect(value["nothing"] == nil && value["absent"] == nil)
    #expect(value["twice"]?.text == "2")
    let foreign = try parse(#"{"GRÖSSE": "a", "[x": "b", "Zahl": "c"}"#)
    #expect(foreign["größe"] == nil && foreign["grösse"]?.text == "a" && foreign["Grösse"]?.text == "a")
    #expect(foreign["{x"] == nil && foreign["[X"]?.text == "b" && foreign["ZAHL"]?.text == "c")
  }

  @Test(
    "A text is written between its quotes, and of it only what JSON does not allow is escaped, wherever that stands",
    arguments: ["", "a", "fifteen bytes..", "sixteen bytes...", "+911199999999", "é", "日本語 and \u{1F600}", "\u{7F}"])
  func textWritten(text: String) {
    func written(_ text: String) -> String { String(decoding: JSONValue.string(text).bytes, as: UTF8.self) }
    #expect(written(text) == "\"\(text)\"")
    for (special, escaped) in [("\"", #"\""#), ("\\", #"\\"#), ("\n", #"\u000a"#), ("\0", #"\u0000"#)] {
      #expect(written(special + text) == "\"\(escaped)\(text)\"")
      #expect(written(text + special) == "\"\(text)\(escaped)\"")
    }
  }

  @Test("Random bytes do no harm") func randomBytes() {
    var random = SystemRandomNumberGenerator()
    let alphabet = Array("{}[]:,'\"\\/*u0-1e tn\n".utf8)
    for _ in 0..<20_000 {
      let text = (0..<Int.random(in: 0...24, using: &random)).map { _ in alphabet.randomElement(using: &random) ?? 0 }
      _ = try? JSONParser.parse(text)
    }
  }
}
