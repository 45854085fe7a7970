import CredentialLedger
import Testing

@testable import LedgerOperations

/// How the signs of a ledger's health are judged, for the portal and for the command line.
@Suite struct VitalTests {
  private static let now = Timestamp(milliseconds: 1_700_000_000_000)

  private static var well: Vitals {
    var vitals = Vitals()
    (vitals.now, vitals.clock) = (now, now)
    return vitals
  }

  @Test("Where all is well no sign is bad, and what is known of no copy is not guessed") func allIsWell() {
    for sign in Vitals.Sign.allCases {
      let isCopy = sign == .cosignatures || sign == .backups
      #expect(Self.well.state(of: sign) == (isCopy ? .unknown : .good), "\(sign)")
    }
  }

  @Test("Every sign becomes bad by its own figures, and no other sign does") func eachByItsOwn() {
    let old = Self.now - Duration.seconds(8 * 86_400)
    let changes: [(Vitals.Sign, (inout Vitals) -> Void)] = [
      (.writing, { $0.fault = "disk_full" }), (.tables, { $0.damagedTables = ["directory"] }),
      (.signing, { $0.signingFault = "signing_unavailable" }), (.checkpoint, { $0.unsignedSince = old }),
      (.cosignatures, { $0.cosigned = .made(old) }),
      (.commits, { $0.commits = Vitals.Spread(bounds: [1], counts: [0, 9], sum: 18) }),
      (.disk, { $0.freeDiskBytes = 1 }), (.readers, { $0.oldestRead = .seconds(601) }),
      (.index, { $0.unindexed = 1_000_001 }), (.webhooks, { $0.nextDelivery = old }),
      (.clock, { $0.isClockAtFault = true }), (.backups, { $0.backup = .missing }), (.waiting, { $0.waiting = 10_001 }),
    ]
    #expect(changes.count == Vitals.Sign.allCases.count)
    for (changed, change) in changes {
      var vitals = Self.well
      change(&vitals)
      let bad = Vitals.Sign.allCases.filter { vitals.state(of: $0) == .bad }
      #expect(bad == [changed])
    }
  }

  @Test("Limits of one's own move what is bad, and only that") func ownLimits() {
    var vitals = Self.well
    vitals.unsignedSince = Self.now - Duration.seconds(61)
    vitals.backup = .made(Self.now - Duration.seconds(60 * 86_400))
    vitals.freeDiskBytes = 100 << 20
    #expect(vitals.state(of: .checkpoint) == .bad && vitals.state(of: .backups) == .bad)
    #expect(vitals.state(of: .disk) == .watch)
    var limits = Vitals.Limits()
    limits.checkpoint = Vitals.Bounds(bad: .seconds(3_600))
    limits.backups = Vitals.Bounds(bad: nil)
    limits.leastFreeBytes = .max
    #expect(vitals.state(of: .checkpoint, within: limits) == .good)
    #expect(vitals.state(of: .backups, within: limits) == .good)
    #expect(vitals.state(of: .disk, within: limits) == .bad)
    // A limit is passed only beyond it.
    limits.checkpoint = Vitals.Bounds(bad: .seconds(61))
    #expect(vitals.state(of: .checkpoint, within: limits) == .good)
    limits.checkpoint = Vitals.Bounds(bad: .milliseconds(60_999))
    #expect(vitals.state(of: .checkpoint, within: limits) == .bad)
  }
}
