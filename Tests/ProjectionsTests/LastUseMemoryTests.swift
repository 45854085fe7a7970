import LedgerEvents
import LedgerTestSupport
import Testing

@testable import Projections

@Suite("The memory of last uses")
struct LastUseMemoryTests {
  private static let minute: Int64 = 60_000

  @Test("remembers each token's latest use, until it is forgotten")
  func notes() {
    let memory = LastUseMemory(logCount: 8, resolution: 1)
    var random = SeededRandom(stream: 90)
    var model: [UInt64: Int64] = [:]
    var minute: Int64 = 28_000_000
    for round in 0..<40 {
      for _ in 0..<60 {
        minute += .random(in: 0...1, using: &random)
        let token = UInt64.random(in: 1...24, using: &random) * 1_000_003
        memory.note(TokenID(rawValue: token), at: minute * Self.minute + .random(in: 0..<Self.minute, using: &random))
        model[token] = minute
      }
      let expected = model.sorted { $0.key < $1.key }.map {
        LastUse(token: TokenID(rawValue: $0.key), minute: $0.value)
      }
      let uses = memory.uses(at: minute * Self.minute)
      #expect(uses == expected, "seed \(testSeed), round \(round)")
      for use in expected { #expect(memory.use(of: use.token, at: minute * Self.minute) == use) }
      // Some are written down; one of them is used again meanwhile, and stays.
      let written = uses.filter { _ in Bool.random(using: &random) }
      if let again = written.first {
        minute += 1
        memory.note(again.token, at: minute * Self.minute)
        model[again.token.rawValue] = minute
      }
      memory.forget(written)
      for use in written.dropFirst() { model[use.token.rawValue] = nil }
    }
  }

  @Test("drops what has no room, and never mixes tokens up")
  func full() {
    let memory = LastUseMemory(logCount: 4, resolution: 1)
    for number in 1...1_000 as ClosedRange<UInt64> {
      memory.note(TokenID(rawValue: number), at: Int64(number) * Self.minute)
    }
    let uses = memory.uses(at: 1_000 * Self.minute)
    #expect((8...16).contains(uses.count))
    #expect(uses.allSatisfy { $0.minute == Int64($0.token.rawValue) })
  }

  @Test("a minute is told from those two years before and after")
  func minutes() {
    let memory = LastUseMemory(logCount: 4, resolution: 1)
    let token = TokenID(rawValue: (1 << 44) - 1)
    for minute: Int64 in [0, 1, 1 << 20 - 1, 1 << 20, 28_000_000, 1 << 40] {
      memory.note(token, at: minute * Self.minute)
      for later: Int64 in [0, 1, 500_000] {
        #expect(memory.use(of: token, at: (minute + later) * Self.minute)?.minute == minute)
      }
      // The clock is set back a little.
      if minute > 10 { #expect(memory.use(of: token, at: (minute - 10) * Self.minute)?.minute == minute) }
      memory.forget(memory.uses(at: minute * Self.minute))
      #expect(memory.uses(at: 0).isEmpty)
    }
    memory.note(TokenID(rawValue: 1 << 44), at: 0)
    memory.note(token, at: -1)
    #expect(memory.uses(at: 0).isEmpty)
  }

  @Test("notes from many threads at once are all there")
  func threads() async {
    let memory = LastUseMemory(logCount: 12, resolution: 1)
    await withTaskGroup(of: Void.self) { group in
      for task in 0..<8 as Range<UInt64> {
        group.addTask {
          for round in 0..<200 as Range<UInt64> {
            memory.note(TokenID(rawValue: 1 + round % 100), at: Int64(round / 100 + 1) * Self.minute)
            memory.note(TokenID(rawValue: 1_000 + task * 50 + round % 50), at: Self.minute)
          }
        }
      }
    }
    let uses = memory.uses(at: 3 * Self.minute)
    #expect(uses.map(\.token.rawValue) == Array(1...100) + Array(1_000..<1_400))
    #expect(uses.prefix(100).allSatisfy { $0.minute == 2 })
  }
}
