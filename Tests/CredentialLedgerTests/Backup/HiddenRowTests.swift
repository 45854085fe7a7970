import EventLog
import LedgerTestSupport
import Testing

@testable import CredentialLedger
@testable import LedgerOperations

/// A flipped bit in a branch of a tree hides rows from look-ups, while whoever goes through the leaves meets them all.
@Suite struct HiddenRowTests {
  @Test("Verification and backups see what look ups miss") func verificationBackups() async throws {
    let copied = try await CopiedLedger(tokens: 0)
    let ledger = copied.ledger
    var tokens: [Tokens.Issued] = []
    for _ in 0..<3 {
      let issued = await concurrently(100) { (_) throws(LedgerError) in
        try await ledger.tokens.issue(
          connector: copied.steps.connector.publicID, secret: copied.steps.secret,
          refreshToken: copied.steps.granted.refreshToken)
      }
      tokens += issued.compactMap(\.value)
    }
    await ledger.close()
    let file = copied.path("ledger/ledger/data.mdb")
    let sound = try FileBytes.read(file)
    var hiding = 0
    for place in Self.separators(of: sound) {
      var changed = sound
      changed[place] ^= 2
      try FileBytes.write(changed, to: file)
      let reader = try await Ledger.openForReading(at: copied.path("ledger"), CopiedLedger.configuration)
      let lost = tokens.filter { token in
        guard case .valid = try? reader.tokens.validate(token.accessToken) else { return true }
        return false
      }
      if let hidden = lost.first {
        hiding += 1
        // The log has issued them: nobody hears that they are unknown.
        let answer = await failure { () throws(LedgerError) in _ = try reader.tokens.validate(hidden.accessToken) }
        #expect(answer?.code == .damaged, "byte \(place)")
        let verified = await failure { () throws(LedgerError) in _ = try await reader.integrity.verify() }
        #expect(verified?.code == .damaged, "byte \(place)")
        let backup = await failure { () throws(LedgerError) in
          _ = try await reader.backups.make(at: copied.path("backup-\(place)"))
        }
        #expect(backup?.code == .damaged, "byte \(place)")
      }
      await reader.close()
      if hiding == 1, let hidden = lost.first {
        var unscrubbed = CopiedLedger.configuration
        unscrubbed.scrub = ScrubPolicy(opening: .never, interval: nil)
        let writer = try await Ledger.open(at: copied.path("ledger"), unscrubbed)
        let revoked = await failure { () throws(LedgerError) in
          try await writer.tokens.revoke(.token(hidden.handle), by: Requester.operator)
        }
        #expect(revoked?.code == .damaged)
        await writer.close()
      }
    }
    #expect(hiding > 3, "the test can tell")
    try FileBytes.write(sound, to: file)
    let reader = try await Ledger.openForReading(at: copied.path("ledger"), CopiedLedger.configuration)
    #expect(try await reader.integrity.verify().projectionsMatch)
    await reader.close()
  }

  /// The second bytes of the numbers that the branches of the file have between the pages below them.
  private static func separators(of file: [UInt8]) -> [Int] {
    func number(_ place: Int) -> Int { Int(file[place]) | Int(file[place + 1]) << 8 }
    var places: [Int] = []
    for start in stride(from: 8_192, to: file.count, by: 4_096) {
      let lower = number(start + 12)
      guard number(start + 10) & 0x6F == 1, lower > 18, lower <= 4_096 else { continue }
      for pointer in stride(from: start + 18, to: start + lower, by: 2) {
        let node = start + number(pointer)
        if number(node + 6) == 8 { places.append(node + 8) }
      }
    }
    return places
  }
}
