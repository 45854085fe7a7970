/// A command was refused: nothing was appended.
///
/// Says which rule, which field of the request, what was expected, and what to do. Never carries a secret, a phone
/// number or other personal data. Two refusals are equal when their codes and fields are.
public struct Refusal: Error, Sendable, Equatable, CustomStringConvertible {
  /// A stable name for the rule that was broken, for programs to decide by.
  public typealias Code = ErrorCode

  public let code: Code
  /// The field of the request that it is about, by its name in the call.
  public let field: String
  /// What was expected.
  public let expected: String
  /// What to do next, where there is something to do.
  public let remedy: String?
  /// What exactly was wrong with a presented credential. Only for audit, logs and operators: somebody who
  /// presented it learns the code and no more.
  public let reason: Verdict.Reason?
  /// Of a request that names several things, those that were refused, in the order in which they were named. Else empty.
  public let items: [Item]
  /// Of a wrong PIN, how many more tries it has; nil for any other refusal.
  public let triesLeft: Int?

  /// One of several things that a request names, and why it was refused.
  public struct Item: Sendable, Equatable {
    /// Its place in the field, from 0.
    public let index: Int
    public let code: Code
    /// What was expected in its place.
    public let expected: String
  }

  /// A refusal of the request as such, and not because of some of several things that it names.
  public init(
    _ code: Code, field: String, expected: String, remedy: String? = nil, reason: Verdict.Reason? = nil,
    triesLeft: Int? = nil
  ) {
    self.init(
      code, field: field, expected: expected, remedy: remedy, reason: reason, items: [], triesLeft: triesLeft)
  }

  /// The refusal of a request because of things in it; nil where there are none. Its code is that of the first.
  init?(field: String, _ items: [Item]) {
    guard let first = items.first else { return nil }
    let shown = items.prefix(3).map { "\(field)[\($0.index)] to be \($0.expected)" }.joined(separator: ", ")
    self.init(
      first.code, field: field, expected: items.count > 3 ? "\(shown), and \(items.count - 3) more" : shown,
      remedy: "leave those out, or ask for each alone", reason: nil, items: items)
  }

  private init(
    _ code: Code, field: String, expected: String, remedy: String?, reason: Verdict.Reason?, items: [Item],
    triesLeft: Int? = nil
  ) {
    self.triesLeft = triesLeft
    self.items = items
    self.code = code
    self.field = field
    self.expected = expected
    self.remedy = remedy
    self.reason = reason
  }

  public static func == (one: Refusal, other: Refusal) -> Bool { one.code == other.code && one.field == other.field }

  public var description: String {
    "\(code): \(field): expected \(expected)" + (remedy.map { "; \($0)" } ?? "")
  }
}
