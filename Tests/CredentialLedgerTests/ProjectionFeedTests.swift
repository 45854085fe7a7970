import Glibc
import LedgerOperations
import LedgerTestSupport
import Testing

@testable import CredentialLedger

/// What a program keeps in step with the ledger: rows and position, written together or not at all.
private struct Kept: Equatable {
  var position: FeedPosition?
  /// How often each event was counted.
  var counted: [Position: Int] = [:]

  mutating func apply(_ batch: ProjectionFeed.Batch) {
    for entry in batch.entries { counted[entry.position, default: 0] += 1 }
    for event in batch.archived { counted[event.position, default: 0] += 1 }
    position = batch.position
  }
}

@Suite struct ProjectionFeedTests {
  let folder = TemporaryFolder()
  var path: String { folder.path + "/ledger" }

  private func made() async throws -> Ledger {
    let ledger = try await Ledger.create(at: path, origin: "ledger.example.org")
    _ = try await FourSteps(on: ledger)
    return ledger
  }

  @Test("Each event counts once, though batches are lost and the ledger is opened again") func eachEvent() async throws
  {
    var ledger = try await made()
    var kept = Kept()
    // Every second transaction is lost, as by a crash after it was computed.
    var isLost = true
    while kept.position?.position != (try ledger.head()) {
      var feed = ledger.projectionFeed(after: kept.position, limit: 3).makeAsyncIterator()
      let batch = try #require(try await feed.next())
      if !isLost { kept.apply(batch) }
      isLost.toggle()
      await ledger.close()
      ledger = try await Ledger.open(at: path)
    }
    let head = try ledger.head()
    #expect(kept.counted == Dictionary(uniqueKeysWithValues: (1...head).map { ($0, 1) }))
    // Built anew, it is the same.
    var again = Kept()
    for try await batch in ledger.projectionFeed(limit: 5) {
      again.apply(batch)
      if batch.isCaughtUp { break }
    }
    #expect(again == kept)
    await ledger.close()
  }

  @Test("What is recorded later arrives, and closing ends the feed") func recordedLater() async throws {
    let ledger = try await made()
    let head = try ledger.head()
    let following = Task {
      var kept = Kept()
      for try await batch in ledger.projectionFeed() { kept.apply(batch) }
      return kept
    }
    for number in 0..<20 {
      _ = try await ledger.accounts.signIn(issuer: "https://id.example.org", subject: "person \(number)")
    }
    var feed = ledger.projectionFeed(limit: 10_000).makeAsyncIterator()
    #expect(try await feed.next()?.position.position == head + 20)
    await ledger.close()
    let kept = try await following.value
    #expect(kept.counted.values.allSatisfy { $0 == 1 })
    #expect(try await feed.next() == nil)
  }

  @Test("A position of another ledger, or of a history that was lost, is refused") func positionAnother() async throws {
    let ledger = try await made()
    var feed = ledger.projectionFeed(limit: 4).makeAsyncIterator()
    let position = try #require(try await feed.next()).position
    #expect(position.position == 4)
    let other = FeedPosition(position: 4, origin: "other.example.org", leaf: position.leaf)
    let beyond = FeedPosition(position: 4_000, origin: position.origin, leaf: position.leaf)
    let rewritten = FeedPosition(position: 5, origin: position.origin, leaf: position.leaf)
    for wrong in [other, beyond, rewritten] {
      var feed = ledger.projectionFeed(after: wrong).makeAsyncIterator()
      let error = await #expect(throws: LedgerError.self) { _ = try await feed.next() }
      #expect(error?.code.rawValue == "conflict" && error?.field == "position")
    }
    var none = ledger.projectionFeed(limit: 0).makeAsyncIterator()
    let error = await #expect(throws: LedgerError.self) { _ = try await none.next() }
    #expect(error?.field == "limit")
    await ledger.close()
  }

  @Test("Records that were removed are told as such, or read from the archive") func recordsRemoved() async throws {
    let aged = try await AgedLedger()
    _ = try await aged.ledger.retention.apply(AgedLedger.policy, archive: aged.archive)
    var without = Kept()
    var archived: [Position] = []
    for try await batch in aged.ledger.projectionFeed(limit: 100) {
      without.apply(batch)
      archived += batch.archived.map(\.position)
      #expect(batch.archived.allSatisfy { $0.place.positions.contains($0.position) })
      if batch.isCaughtUp { break }
    }
    #expect(archived == aged.due)
    await aged.ledger.close()
    let ledger = try await Ledger.open(at: aged.path, aged.withArchive)
    var whole = Kept()
    for try await batch in ledger.projectionFeed(limit: 1_000) {
      whole.apply(batch)
      #expect(batch.archived.isEmpty)
      if batch.isCaughtUp { break }
    }
    #expect(whole.counted.count == without.counted.count && whole.counted.values.allSatisfy { $0 == 1 })
    await ledger.close()
  }

  @Test("A position is one line of text, and nothing else is one") func positionLine() async throws {
    let ledger = try await made()
    var feed = ledger.projectionFeed().makeAsyncIterator()
    let position = try #require(try await feed.next()).position
    #expect(FeedPosition(position.description) == position)
    for wrong in ["", "1", "2" + position.description.dropFirst(), position.description.replacing("1 ", with: "1  ")] {
      #expect(FeedPosition(wrong) == nil)
    }
    await ledger.close()
  }
}
