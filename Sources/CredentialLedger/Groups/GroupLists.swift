public import LedgerDomain
public import LedgerEvents
import Projections

extension Groups {
  /// All groups, deleted ones included, a page at a time, oldest first: for operators.
  ///
  /// ```swift
  /// let next = try ledger.groups.all(after: page.last?.id)
  /// ```
  ///
  /// - Parameters:
  ///   - last: the last of the page before; nil for the first page.
  ///   - limit: 1 to 1,000.
  /// - Throws: `invalid_value`, `damaged`, `storage`.
  public func all(after last: GroupID? = nil, limit: Int = 100) throws(LedgerError) -> [Group] {
    guard (1...1_000).contains(limit) else {
      throw LedgerError(.invalidValue, "limit: expected 1 to 1,000", field: "limit")
    }
    return try ledger.reading { (state) throws(StateUnreadable) in
      try state.groups(from: GroupID.following(last).rawValue, limit: limit)
    }
  }
}
