import LedgerEvents

extension Deliveries {
  /// Waits until a delivery is due: because its time comes, or because this process enqueues it. Returns at once if one is due.
  /// A look-up at the beginning and after each change of the queue.
  ///
  /// ```swift
  /// try await ledger.deliveries.waitUntilDue()
  /// ```
  ///
  /// - Throws: `cancelled` if the task is; `closed`, `damaged`, `storage`.
  public func waitUntilDue() async throws(LedgerError) { try await waitUntilDue(lookingEvery: .seconds(60)) }

  /// - Parameter interval: how long it waits at most until it looks again, since the clock may be corrected meanwhile.
  func waitUntilDue(lookingEvery interval: Duration) async throws(LedgerError) {
    while true {
      // Listened for before the look, so that no change between the two is missed.
      let rings = ledger.deliveryChanges.rings()
      let (due, now) = (try next(), try ledger.now)
      if let due, due <= now { return }
      if Task.isCancelled { throw LedgerError(.cancelled, "the task was cancelled while it waited for deliveries") }
      let pause = due.map { min($0 - now, interval) } ?? interval
      await withTaskGroup(of: Void.self) { group in
        group.addTask { for await _ in rings { return } }
        group.addTask { try? await Task.sleep(for: pause) }
        _ = await group.next()
        group.cancelAll()
      }
    }
  }
}
