/// A phone number in E.164 form: `+`, then 8 to 15 digits of which the first is not 0. Prints as redacted.
public struct PhoneNumber: Sendable, Hashable, CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable
{
  /// The number in its one spelling.
  let digits: String

  /// Reads a number. Spaces, hyphens, dots and parentheses between the digits are left out; other digits than those of
  /// ASCII, and whatever else, are refused.
  ///
  /// - Throws: ``LedgerError/Code/invalidValue``.
  public init(_ text: String) throws(LedgerError) {
    var digits = ""
    var isFirst = true
    for scalar in text.unicodeScalars {
      switch scalar {
      case "+" where isFirst: break
      case "0"..."9" where !isFirst: digits.unicodeScalars.append(scalar)
      case " ", "-", ".", "(", ")": continue
      default: throw Self.malformed
      }
      isFirst = false
    }
    guard (8...15).contains(digits.count), digits.first != "0" else { throw Self.malformed }
    self.digits = "+" + digits
  }

  private static var malformed: LedgerError {
    LedgerError(
      .invalidValue, "number: expected a phone number with country code, such as +911199999999", field: "number")
  }

  public var description: String { "<redacted>" }
  public var debugDescription: String { "<redacted>" }
  public var customMirror: Mirror { Mirror(self, children: EmptyCollection<Mirror.Child>()) }
}

/// A PIN of six digits. Prints as redacted; ``digits`` is what to send.
public struct PIN: Sendable, CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
  /// The digits. A secret.
  public let digits: String

  public var description: String { "<redacted>" }
  public var debugDescription: String { "<redacted>" }
  public var customMirror: Mirror { Mirror(self, children: EmptyCollection<Mirror.Child>()) }
}
