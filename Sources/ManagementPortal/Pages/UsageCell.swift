import CredentialLedger

/// When something was last used, as the pages say it.
extension Usage {
  /// After how long without a use they call it unused.
  static let unusedAfter = Duration.seconds(90 * 86_400)

  func isUnused(at now: Timestamp) -> Bool { isUnused(for: Self.unusedAfter, at: now) }

  /// For a cell of a table: that it is unused, and the last use where there was one.
  func cell(at now: Timestamp) -> HTML {
    let used = last.map { Part.ago($0, now: now) }
    guard isUnused(at: now) else { return used ?? #"<span class="soft">Nothing yet</span>"# }
    return #"\#(Part.status("warn", "Unused for 90 days"))\#(used.map { "<small>\($0)</small>" as HTML } ?? .empty)"#
  }
}
