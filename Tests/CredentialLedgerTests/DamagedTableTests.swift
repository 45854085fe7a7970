import EventLog
import LMDB
import LedgerDomain
import LedgerTestSupport
import Projections
import Testing

@testable import CredentialLedger
@testable import LedgerOperations

/// Rows that decide access, put back or made up by somebody who can write the file and has no key.
@Suite struct DamagedTableTests {
  /// A ledger with one in 40 of 300 tokens revoked, and its file before and after.
  private struct Revoked {
    let copied: CopiedLedger
    let tokens: [Tokens.Issued]
    /// So few that a leaf of token validity has at most one or two, and room for what their rows grow by.
    let stopped: [Tokens.Issued]
    let before: [UInt8]
    /// While a process had it open for writing.
    let open: [UInt8]
    let closed: [UInt8]
    var file: String { copied.path("ledger/ledger/data.mdb") }

    init() async throws {
      copied = try await CopiedLedger(tokens: 0)
      let (ledger, steps) = (copied.ledger, copied.steps)
      let issued = await concurrently(300) { (_) throws(LedgerError) in
        try await ledger.tokens.issue(
          connector: steps.connector.publicID, secret: steps.secret, refreshToken: steps.granted.refreshToken)
      }
      let tokens = issued.compactMap(\.value).sorted { $0.handle < $1.handle }
      self.tokens = tokens
      stopped = stride(from: 0, to: 299, by: 40).map { tokens[$0] }
      let file = copied.path("ledger/ledger/data.mdb")
      before = try FileBytes.read(file)
      for token in stopped { try await ledger.tokens.revoke(.token(token.handle), by: Requester.operator) }
      open = try FileBytes.read(file)
      await ledger.close()
      closed = try FileBytes.read(file)
    }

    /// A file in which a page of token validity is the one from before the revocations.
    func stale(_ file: [UInt8]) throws -> [UInt8] {
      let (old, new) = (DataPages(before), DataPages(file))
      let leaves = try new.leaves(of: "validity.a")
      // With the very same keys: nothing but the sums tells that they are of another moment.
      let candidates = try old.leaves(of: "validity.a").compactMap { first, leaf in
        leaves[first].map { (old: leaf, new: $0) }
      }
      let stale = try #require(
        candidates.first {
          new.keys(of: $0.new) == old.keys(of: $0.old) && new.page($0.new).dropFirst(8) != old.page($0.old).dropFirst(8)
        })
      return new.replacing(stale.new, by: old.page(stale.old))
    }

    func opened(_ scrub: ScrubPolicy.Opening) async throws -> Ledger {
      var configuration = CopiedLedger.configuration
      configuration.scrub = ScrubPolicy(opening: scrub, interval: nil)
      return try await Ledger.open(at: copied.path("ledger"), configuration)
    }

    func valid(_ ledger: Ledger) -> Int {
      stopped.count { (try? ledger.tokens.validate($0.accessToken).isValid) ?? false }
    }
  }

  @Test("A page of before is found and nothing is answered from its table") func pageBefore() async throws {
    let revoked = try await Revoked()
    try FileBytes.write(try revoked.stale(revoked.closed), to: revoked.file)
    let trusting = try await revoked.opened(.never)
    #expect(revoked.valid(trusting) > 0, "the test can tell")
    #expect(try trusting.damagedTables.isEmpty)
    #expect(try await trusting.scrub() == ["validity"])
    #expect(revoked.valid(trusting) == 0)
    await trusting.close()

    // What was found stays found, for who only reads as well.
    let reader = try await Ledger.openForReading(at: revoked.copied.path("ledger"), CopiedLedger.configuration)
    #expect(try reader.damagedTables == ["validity"])
    let answer = await failure { () throws(LedgerError) in
      _ = try reader.tokens.validate(revoked.tokens[299].accessToken)
    }
    #expect(answer?.code == .damaged)
    await reader.close()

    let ledger = try await revoked.opened(.never)
    #expect(try ledger.damagedTables == ["validity"])
    for refused in [
      await failure { () throws(LedgerError) in
        _ = try await ledger.groups.create(name: "New", by: revoked.copied.steps.admin)
      },
      await failure { () throws(LedgerError) in _ = try ledger.tokens.validate(revoked.tokens[299].accessToken) },
    ] { #expect(refused?.code == .damaged) }
    #expect(try await ledger.audit.latest(1, of: .type(.tokenRevoked)).count == 1)
    #expect(try await ledger.integrity.statistics().damagedTables == ["validity"])
    try await ledger.integrity.rebuildProjections()
    #expect(try ledger.damagedTables.isEmpty)
    #expect(revoked.valid(ledger) == 0)
    #expect(try ledger.tokens.validate(revoked.tokens[299].accessToken).isValid)
    #expect(try await ledger.scrub().isEmpty)
    #expect(try await ledger.integrity.verify().projectionsMatch)
    await ledger.close()
  }

  @Test("After an unclean end it is found at opening") func afterUnclean() async throws {
    let revoked = try await Revoked()
    try FileBytes.write(try revoked.stale(revoked.closed), to: revoked.file)
    var ledger = try await revoked.opened(.afterUncleanEnd)
    #expect(try ledger.damagedTables.isEmpty)
    await ledger.close()
    try FileBytes.write(try revoked.stale(revoked.open), to: revoked.file)
    ledger = try await revoked.opened(.afterUncleanEnd)
    #expect(try ledger.damagedTables == ["validity"])
    await ledger.close()
    try FileBytes.write(revoked.open, to: revoked.file)
    ledger = try await revoked.opened(.afterUncleanEnd)
    #expect(try ledger.damagedTables.isEmpty)
    #expect(revoked.valid(ledger) == 0)
    await ledger.close()
  }

  @Test("A backup of such a ledger is refused") func backupSuch() async throws {
    let revoked = try await Revoked()
    try FileBytes.write(try revoked.stale(revoked.closed), to: revoked.file)
    let ledger = try await revoked.opened(.never)
    let refused = await failure { () throws(LedgerError) in
      _ = try await ledger.backups.make(at: revoked.copied.path("backup"))
    }
    #expect(refused?.code == .damaged)
    await ledger.close()
  }

  @Test("A row with a check that anybody can make is not read") func rowCheck() async throws {
    let copied = try await CopiedLedger(tokens: 1)
    let (ledger, steps) = (copied.ledger, copied.steps)
    let token = try await ledger.tokens.issue(
      connector: steps.connector.publicID, secret: steps.secret, refreshToken: steps.granted.refreshToken)
    try await ledger.grants.revoke(steps.granted.grant, by: steps.admin)
    #expect(try !ledger.tokens.validate(token.accessToken).isValid)
    await ledger.close()
    try Self.resume(steps.granted.grant.rawValue, at: copied.path("ledger/ledger"))
    let again = try await Ledger.open(at: copied.path("ledger"), CopiedLedger.configuration)
    let answer = await failure { () throws(LedgerError) in _ = try again.tokens.validate(token.accessToken) }
    #expect(answer?.code == .damaged)
    #expect(try await again.scrub() == ["validity"])
    try await again.integrity.rebuildProjections()
    #expect(try !again.tokens.validate(token.accessToken).isValid)
    await again.close()
  }

  /// Takes the revocation of a grant back in the file, as far as it goes without a key.
  private static func resume(_ grant: UInt64, at path: String) throws {
    let environment = try Environment(at: path)
    defer { environment.close() }
    let rows: Table<PositionKey, RawBytes> = try environment.openTable(.init("validity.a", logicalName: "validity"))
    var transaction = try environment.beginWrite()
    let bytes = try #require(
      try rows.withUncheckedBytes(of: grant, in: transaction) { bytes in Array(copying: bytes) })
    var standing = try #require(unsafe StandingCodec.decode(bytes.span.bytes))
    #expect(standing.stoppedBy != 0)
    standing.stoppedBy = 0
    try rows.put(grant, byteCount: StandingCodec.byteCount(of: standing), in: &transaction) {
      StandingCodec.encode(standing, into: &$0)
    }
    try transaction.commit()
  }

  @Test("A ledger whose rows have no key opens and is made anew") func ledgerWhose() async throws {
    let copied = try await CopiedLedger(tokens: 20)
    let steps = copied.steps
    let token = try await copied.ledger.tokens.issue(
      connector: steps.connector.publicID, secret: steps.secret, refreshToken: steps.granted.refreshToken)
    await copied.ledger.close()
    try Self.loseKeys(at: copied.path("ledger/ledger"))
    let reader = try await Ledger.openForReading(at: copied.path("ledger"), CopiedLedger.configuration)
    let answer = await failure { () throws(LedgerError) in _ = try reader.tokens.validate(token.accessToken) }
    #expect(answer?.code == .damaged)
    await reader.close()
    let ledger = try await Ledger.open(at: copied.path("ledger"), CopiedLedger.configuration)
    #expect(try ledger.damagedTables.isEmpty)
    #expect(try ledger.tokens.validate(token.accessToken).isValid)
    #expect(try await ledger.scrub().isEmpty)
    #expect(try await ledger.integrity.verify().projectionsMatch)
    await ledger.close()
  }

  /// Writes the rows that decide access as versions did that had no keys for them.
  private static func loseKeys(at path: String) throws {
    let environment = try Environment(at: path)
    defer { environment.close() }
    let directory: Table<BytesKey, RawBytes> = try environment.openTable(
      .init("directory.a", logicalName: "directory"))
    let validity: Table<PositionKey, RawBytes> = try environment.openTable(.init("validity.a", logicalName: "validity"))
    let projections: Table<BytesKey, RawBytes> = try environment.openTable(.init("projections"))
    var transaction = try environment.beginWrite()
    try rewrite(directory, &transaction)
    try rewrite(validity, &transaction)
    try rewrite(projections, &transaction) { $0.prefix(17) }
    try transaction.commit()
  }

  private static func rewrite<K: KeyCodec>(
    _ table: Table<K, RawBytes>, _ transaction: inout WriteTransaction,
    _ change: ([UInt8]) -> ArraySlice<UInt8> = { $0[...] }
  ) throws {
    var keys: [K.Key] = []
    try table.withCursor(in: transaction) { (cursor) throws(LMDBError) in
      while true {
        do throws(LMDBError) { guard try cursor.next() else { return } } catch {
          guard error.code == .damagedRow else { throw error }
        }
        keys.append(try cursor.unverifiedKey())
      }
    }
    for key in keys {
      let bytes = try #require(try table.withUncheckedBytes(of: key, in: transaction) { Array(copying: $0) })
      try table.put(key, Array(change(bytes)), in: &transaction)
    }
  }
}
