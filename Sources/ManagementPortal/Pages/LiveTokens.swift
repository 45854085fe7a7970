/// How many tokens are valid among the newest of a connector or a grant, which are all that are looked at.
struct LiveTokens: Sendable, Equatable {
  /// How many tokens are looked at: as many as one call of `tokens.list` gives.
  static let limit = 1_000

  let count: Int
  /// Whether there were more tokens than were looked at, so that more may be valid.
  let isPartial: Bool

  /// - Parameter seen: how many tokens were looked at.
  init(_ count: Int, of seen: Int) {
    self.count = count
    isPartial = seen >= Self.limit
  }

  /// The number alone.
  var number: HTML { isPartial ? "at least \(count)" : "\(count)" }

  /// The number and what it counts.
  var words: HTML {
    let counted = Part.count(count, "live token")
    return isPartial ? "at least \(counted)" : "\(counted)"
  }

  /// What is said to somebody who wants to delete a connector that has other grants and tokens than their page said.
  func changed(grants: Int) -> String {
    let least = isPartial ? "at least " : ""
    return
      "It has \(grants) grants and \(least)\(count) live tokens now. Nothing was done; look again, then confirm."
  }
}
