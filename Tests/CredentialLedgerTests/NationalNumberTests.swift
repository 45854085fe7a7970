import CredentialLedger
import Testing

/// Numbers as people write them at home.
@Suite struct NationalNumberTests {
  @Test(
    "A number is read with its country, the 0 of the country left out",
    arguments: [
      ("07700 900123", 44, "+44 7700 900123"), ("7700 900123", 44, "+44 7700 900123"),
      ("0151-12345678", 49, "+49 151 12345678"), ("(202) 555-0123", 1, "+1 202 555 0123"),
      // A number of Italy keeps its 0.
      ("06 698 12345", 39, "+39 06 698 12345"),
      // What is written with its country is of that country.
      (" +49 151 12345678", 44, "+49 151 12345678"),
    ])
  func read(text: String, code: Int, number: String) throws {
    #expect(try PhoneNumber(text, callingCode: code) == PhoneNumber(number))
  }

  @Test(
    "What is no number of the country is refused",
    arguments: [
      ("", 44), ("12", 44), ("0", 44), ("7700 900123", 999), ("07700 900123", 0), ("7700 900123", -44),
      ("7700900123", Int.max),
    ])
  func refused(text: String, code: Int) {
    let error = #expect(throws: LedgerError.self) { try PhoneNumber(text, callingCode: code) }
    #expect(error?.code == .invalidValue && error?.field == "number")
  }
}
