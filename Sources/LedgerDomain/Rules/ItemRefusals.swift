/// Collects what is refused of a request that names several things, so that the requester hears of all of it at once.
struct ItemRefusals {
  /// The field of the request that lists the things.
  let field: String
  private var items: [Refusal.Item] = []

  init(field: String) { self.field = field }

  /// Notes that the thing at an index is refused.
  mutating func note(_ index: Int, _ code: Refusal.Code, expected: String) {
    items.append(Refusal.Item(index: index, code: code, expected: expected))
  }

  /// Applies a rule to the thing at an index.
  /// - Returns: nil where the rule refuses, which is noted.
  mutating func attempt<Result>(
    _ index: Int, _ rule: () throws(DecisionFailure) -> Result
  ) throws(DecisionFailure) -> Result? {
    do { return try rule() } catch {
      guard case .refused(let refusal) = error else { throw error }
      note(index, refusal.code, expected: refusal.expected)
      return nil
    }
  }

  /// - Throws: the refusal of the whole request where anything in it was refused.
  func check() throws(DecisionFailure) {
    if let refusal = Refusal(field: field, items) { throw .refused(refusal) }
  }
}

/// - Throws: ``ErrorCode/invalidValue`` unless a request names as many things as it may.
func requireCount(_ count: Int, in range: ClosedRange<Int>, field: String) throws(DecisionFailure) {
  guard range.contains(count) else {
    throw .refused(.invalidValue, field: field, expected: "\(range.lowerBound) to \(range.upperBound) at a time")
  }
}
