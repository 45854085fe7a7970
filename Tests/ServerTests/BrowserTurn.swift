import Testing

/// One browser at a time: on a machine with two processors, two take longer to start than the driver waits for them.
///
/// A test waits for its turn before it begins, so that no sign-in and no PIN of it gets old meanwhile. Of a serialized suite, each
/// test would join the line of all tests once the one before is over, and the browsers would run when nothing else does any more.
struct BrowserTurn: TestTrait, SuiteTrait, TestScoping {
  private static let queue = Queue()

  /// Each test of a suite has a turn of its own.
  var isRecursive: Bool { true }

  func provideScope(
    for test: Test, testCase: Test.Case?, performing function: @Sendable () async throws -> Void
  ) async throws {
    await Self.queue.enter()
    do {
      try await function()
    } catch {
      await Self.queue.leave()
      throw error
    }
    await Self.queue.leave()
  }

  /// Who waits is let in in the order in which they came.
  private actor Queue {
    private var isTaken = false
    private var waiting: [CheckedContinuation<Void, Never>] = []

    func enter() async {
      if isTaken {
        await withCheckedContinuation { waiting.append($0) }
      } else {
        isTaken = true
      }
    }

    func leave() {
      if waiting.isEmpty {
        isTaken = false
      } else {
        waiting.removeFirst().resume()
      }
    }
  }
}

extension Trait where Self == BrowserTurn {
  static var browserTurn: Self { Self() }
}
