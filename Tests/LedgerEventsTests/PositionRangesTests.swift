import TestSupport
import Testing

@testable import LedgerEvents

@Suite struct PositionRangesTests {
  private func event(_ named: PositionRanges) -> RetentionApplied {
    .with {
      $0.first = named.first.rawValue
      $0.lengths = named.lengths
    }
  }

  @Test("Positions come back as they were named") func positionsCome() throws {
    var random = SeededRandom()
    for _ in 0..<200 {
      let all = (1...Position(.random(in: 1...400, using: &random))).filter { _ in
        Int.random(in: 0..<3, using: &random) > 0
      }
      guard let named = PositionRanges(all) else {
        #expect(all.isEmpty)
        continue
      }
      #expect(named.ranges.flatMap { Array($0) } == all)
      #expect(named.first == all.first && named.last == all.last && named.count == UInt64(all.count))
      #expect(PositionRanges(of: event(named)) == named)
    }
    #expect(PositionRanges([5, 6, 9])?.lengths == [2, 2, 1])
  }

  @Test("What names no positions is refused") func namesPositions() {
    for positions: [Position] in [[], [0], [3, 3], [4, 3], [.max]] { #expect(PositionRanges(positions) == nil) }
    for (first, lengths): (UInt64, [UInt64]) in [
      (0, [1]), (1, []), (1, [1, 1]), (1, [0]), (1, [1, 0, 1]), (2, [.max]), (1, [.max, 1, 1]),
    ] {
      #expect(PositionRanges(of: .with { ($0.first, $0.lengths) = (first, lengths) }) == nil)
    }
  }
}
