import TestSupport
import Testing

@testable import LedgerEvents

@Suite struct PositionStretchesTests {
  private func event(_ stretches: PositionStretches) -> RetentionApplied {
    .with {
      $0.first = stretches.first.rawValue
      $0.stretches = stretches.lengths
    }
  }

  @Test func positionsComeBackAsTheyWereNamed() throws {
    var random = SeededRandom()
    for _ in 0..<200 {
      let all = (1...Position(.random(in: 1...400, using: &random))).filter { _ in
        Int.random(in: 0..<3, using: &random) > 0
      }
      guard let stretches = PositionStretches(all) else {
        #expect(all.isEmpty)
        continue
      }
      #expect(stretches.ranges.flatMap { Array($0) } == all)
      #expect(stretches.first == all.first && stretches.last == all.last && stretches.count == UInt64(all.count))
      #expect(PositionStretches(of: event(stretches)) == stretches)
    }
    #expect(PositionStretches([5, 6, 9])?.lengths == [2, 2, 1])
  }

  @Test func whatNamesNoPositionsIsRefused() {
    for positions: [Position] in [[], [0], [3, 3], [4, 3], [.max]] { #expect(PositionStretches(positions) == nil) }
    for (first, lengths): (UInt64, [UInt64]) in [
      (0, [1]), (1, []), (1, [1, 1]), (1, [0]), (1, [1, 0, 1]), (2, [.max]), (1, [.max, 1, 1]),
    ] {
      #expect(PositionStretches(of: .with { ($0.first, $0.stretches) = (first, lengths) }) == nil)
    }
  }
}
