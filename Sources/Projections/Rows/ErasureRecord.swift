import EventLog

/// What says which persons were erased, where the keys alone cannot.
protocol ErasureRecord: Sendable {
  /// Whether an event says that a person was erased.
  ///
  /// - Throws: ``LogError/Code/damagedRecord``, ``LogError/Code/unreadableEvent``, ``LogError/Code/storage``.
  func contains(_ person: [UInt8]) throws(LogError) -> Bool
}
