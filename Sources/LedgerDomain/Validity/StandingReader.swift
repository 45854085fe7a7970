public import LedgerEvents

/// The graph of what tokens depend on, at one moment: all that judging a token reads. See ``Standing``.
@usableFromInline package protocol StandingReader: ~Copyable {
  /// Whether the object made at this position stands, and what it depends on. Nil where the event at this position
  /// made no object that validity depends on.
  func standing(of number: UInt64) throws(StateUnreadable) -> Standing?

  /// Whether the way from a family of tokens, or from a connector's own, down to all that it depends on is clear: what ``examine(family:)`` finds,
  /// looked up or remembered.
  func path(ofFamily number: UInt64) throws(StateUnreadable) -> Examination

  /// The latest family of refresh tokens under a grant, stopped or not; nil if there is none.
  func newestFamily(of grant: GrantID) throws(StateUnreadable) -> FamilyID?
}
