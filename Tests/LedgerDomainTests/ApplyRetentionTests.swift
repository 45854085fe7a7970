import LedgerCrypto
import LedgerEvents
import LedgerTestSupport
import Testing

@testable import LedgerDomain

@Suite struct ApplyRetentionTests {
  private func command(
    expiredBy: Timestamp = Timestamp(milliseconds: 1), olderThan: Int64 = 86_400_000, positions: [Position] = [1, 2],
    segment: ClosedRange<Position> = 1...2
  ) -> ApplyRetention {
    ApplyRetention(
      expiredBy: expiredBy, olderThan: olderThan, segment: 4, segmentPositions: segment, root: .zero,
      positions: positions, bytes: 180)
  }

  private var history: Scenario {
    get throws { try given(.ledgerCreated(LedgerCreated()), .ledgerRestored(LedgerRestored())) }
  }

  @Test("The event names what leaves and where it is")
  func segment() throws {
    let event = filled(RetentionApplied()) {
      $0.expiredBy = 1
      $0.olderThan = 86_400_000
      $0.segment = 4
      $0.segmentFirst = 1
      $0.segmentLast = 2
      $0.root = .init(Digest.zero)
      $0.first = 1
      $0.lengths = [2]
      $0.records = 2
      $0.bytes = 180
    }
    try history.when(command()).then(.retentionApplied(event), by: .operator)
  }

  @Test("A policy speaks of what is past")
  func pastOnly() throws {
    try history.when(command(olderThan: 0)).thenRefused(.invalidValue, field: "olderThan")
    try history.when(command(expiredBy: Timestamp(milliseconds: .max))).thenRefused(.invalidValue, field: "olderThan")
  }

  @Test("Records leave that are there, in order, and in the segment")
  func order() throws {
    for positions: [Position] in [[], [2, 1], [1, 1], [1, 3]] {
      try history.when(command(positions: positions)).thenRefused(.invalidValue, field: "positions")
    }
    try history.when(command(positions: [1], segment: 2...2)).thenRefused(.invalidValue, field: "positions")
    try history.when(command(positions: [3], segment: 1...3)).thenRefused(.invalidValue, field: "positions")
  }
}
