import LedgerDomain

/// A phone number in E.164 form: `+`, the country calling code, and as many digits as numbers of that code have. Prints as
/// redacted.
public struct PhoneNumber: Sendable, Hashable, CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable
{
  /// The number in its one spelling.
  package let digits: String

  /// The number in E.164 form, for the message that is sent to it. Personal data.
  package var e164: String { digits }

  /// Reads a number. Spaces, hyphens, dots and parentheses between the digits are left out; other digits than those of
  /// ASCII, and whatever else, are refused. So are codes that are not assigned, lengths that numbers of the code do not have,
  /// and a `(0)`, which is dialled inside a country only.
  ///
  /// Codes and lengths are those of a published table, which a new version of the library may bring up to date. Whether
  /// somebody has the number is not looked at.
  ///
  /// - Throws: `invalid_value`.
  public init(_ text: String) throws(LedgerError) {
    let digits = try Self.digits(of: text)
    guard CallingCode.admit(digits[...].utf8) else { throw Self.malformed }
    self.digits = "+" + digits
  }

  /// Reads a number as people of a country write it: without the calling code, and with the 0 that many countries put
  /// before it at home. A number that begins with `+` is read as it stands, whatever the country.
  ///
  /// - Parameter callingCode: the country's code, such as 44.
  /// - Throws: `invalid_value`.
  public init(_ text: String, callingCode: Int) throws(LedgerError) {
    let written = text.drop(while: \.isWhitespace)
    if written.first == "+" {
      try self.init(String(written))
      return
    }
    var digits = try Self.digits(of: "+" + written)
    guard let keepsZero = CallingCode.keepsZero(after: callingCode) else { throw Self.malformed }
    if digits.first == "0", !keepsZero { digits.removeFirst() }
    try self.init("+\(callingCode)\(digits)")
  }

  /// Reads a number that an earlier version of the library took, whose table may have known other codes and lengths: to find
  /// or erase what was recorded of it. Whatever of 8 to 15 digits has the form of a number is taken.
  ///
  /// - Throws: `invalid_value`.
  public init(recorded text: String) throws(LedgerError) {
    let digits = try Self.digits(of: text)
    guard (8...15).contains(digits.count), digits.first != "0" else { throw Self.malformed }
    self.digits = "+" + digits
  }

  /// The digits, the calling code first.
  private static func digits(of text: String) throws(LedgerError) -> String {
    var digits = ""
    var isFirst = true
    /// What the parentheses that are open hold so far.
    var enclosed: String?
    for scalar in text.unicodeScalars {
      switch scalar {
      case "+" where isFirst: break
      case "0"..."9" where !isFirst:
        digits.unicodeScalars.append(scalar)
        enclosed?.unicodeScalars.append(scalar)
      case "(":
        enclosed = ""
        continue
      case ")":
        guard enclosed != "0" else { throw malformed }
        enclosed = nil
        continue
      case " ", "-", ".": continue
      default: throw malformed
      }
      isFirst = false
    }
    return digits
  }

  private static var malformed: LedgerError {
    LedgerError(
      .invalidValue,
      "number: expected a phone number with country code, as it is dialled from abroad, such as +911199999999",
      field: "number")
  }

  public var description: String { "<redacted>" }
  public var debugDescription: String { "<redacted>" }
  public var customMirror: Mirror { Mirror(self, children: EmptyCollection<Mirror.Child>()) }
}

/// A PIN of six digits. Prints as redacted; ``digits`` is what to send.
public struct PIN: Sendable, CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
  /// The digits. A secret.
  public let digits: String

  package init(digits: String) {
    self.digits = digits
  }

  public var description: String { "<redacted>" }
  public var debugDescription: String { "<redacted>" }
  public var customMirror: Mirror { Mirror(self, children: EmptyCollection<Mirror.Child>()) }
}
