import CredentialLedger
import Synchronization
import Testing

@testable import TokenService

/// Lists that many ask for.
@Suite struct StatusListsMadeTests {
  private final class Looks: Sendable {
    private let number = Atomic<Int>(0)
    func note() { number.add(1, ordering: .relaxed) }
    var count: Int { number.load(ordering: .relaxed) }
  }

  @Test("Many who ask at once for a list cost one look") func askOnce() async throws {
    let lists = StatusListsMade()
    let looks = Looks()
    let maker: StatusListsMade.Maker = { () async throws(LedgerError) in
      looks.note()
      for _ in 0..<1_000 { await Task.yield() }
      return "list"
    }
    let texts = try await withThrowingTaskGroup(of: String.self) { group in
      for _ in 0..<50 { group.addTask { try await lists.text(0, "here", making: maker) } }
      var texts: [String] = []
      for try await text in group { texts.append(text) }
      return texts
    }
    #expect(texts == [String](repeating: "list", count: 50))
    #expect(looks.count == 1)
    #expect(try await lists.text(1, "there", making: maker) == "list")
    #expect(looks.count == 2)
  }
}
