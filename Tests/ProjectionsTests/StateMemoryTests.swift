import LedgerDomain
import LedgerEvents
import Testing

@testable import Projections

/// What is remembered of the state counts as long as nothing has changed it, and not a moment longer.
@Suite struct StateMemoryTests {
  private let path = GrantPath(
    grant: GrantID(rawValue: 4), connector: ConnectorID(rawValue: 3), granter: AccountID(rawValue: 1), group: nil,
    scopes: .all)

  /// Whether a window still believes that a family's way is clear; if it looks, it finds the same again.
  private func believes(_ window: StateMemory.Window, family: UInt64) throws -> Bool {
    var looked = false
    _ = try window.path(ofFamily: family) { () throws(StateUnreadable) in
      looked = true
      return .clear(path)
    }
    return !looked
  }

  @Test("A snapshot believes what was seen since the last change, and nothing from after itself")
  func snapshots() throws {
    let memory = StateMemory(since: 5)
    #expect(try !believes(memory.window(ofSnapshot: 5), family: 1))
    #expect(try believes(memory.window(ofSnapshot: 5), family: 1))
    #expect(try believes(memory.window(ofSnapshot: 6), family: 1))
    memory.noteChange(by: 7)
    // Neither from before the change to after it, nor the other way round.
    #expect(try !believes(memory.window(ofSnapshot: 7), family: 1))
    #expect(try !believes(memory.window(ofSnapshot: 6), family: 1))
    #expect(try !believes(memory.window(ofSnapshot: 7), family: 1))
    #expect(try believes(memory.window(ofSnapshot: 8), family: 1))
  }

  @Test("Where another process writes, one commit does not speak for the next")
  func otherWriters() throws {
    let memory = StateMemory(since: nil)
    #expect(try !believes(memory.window(ofSnapshot: 5), family: 1))
    #expect(try believes(memory.window(ofSnapshot: 5), family: 1))
    #expect(try !believes(memory.window(ofSnapshot: 6), family: 1))
  }

  @Test("The writer believes what it saw until it applies a change, or a try comes to nothing")
  func writer() throws {
    let memory = StateMemory(since: 5)
    memory.noteBegin(of: 6)
    #expect(try !believes(memory.windowOfWriter, family: 1))
    #expect(try believes(memory.windowOfWriter, family: 1))
    memory.noteBegin(of: 7)
    #expect(try believes(memory.windowOfWriter, family: 1))
    memory.noteChange(by: 7)
    #expect(try !believes(memory.windowOfWriter, family: 1))
    #expect(try believes(memory.windowOfWriter, family: 1))
    // The same number again: what was seen after the change never came to be.
    memory.noteBegin(of: 7)
    #expect(try !believes(memory.windowOfWriter, family: 1))
  }

  @Test("What the writer saw is nothing to a snapshot, nor one ledger's to another")
  func owners() throws {
    let (one, other) = (StateMemory(since: 5), StateMemory(since: 5))
    #expect(try !believes(one.windowOfWriter, family: 1))
    #expect(try !believes(one.window(ofSnapshot: 5), family: 1))
    #expect(try !believes(other.window(ofSnapshot: 5), family: 1))
    #expect(try !believes(other.windowOfWriter, family: 1))
  }

  @Test("What stands in the way is looked up each time, and so is a connector that there is not")
  func onlyWhatIsThere() throws {
    let window = StateMemory(since: 5).windowOfWriter
    var looks = 0
    for _ in 0..<2 {
      _ = try window.path(ofFamily: 9) { () throws(StateUnreadable) in
        looks += 1
        return .denied(.unknown)
      }
      let client = try window.client(PublicID(high: 1, low: 2)) { () throws(StateUnreadable) in
        looks += 1
        return nil
      }
      #expect(client?.id == nil)
    }
    #expect(looks == 4)
  }

  @Test("A connector's credentials are believed as long as a path is")
  func clients() throws {
    let memory = StateMemory(since: 5)
    let client = ConnectorClient(
      id: ConnectorID(rawValue: 3),
      credentials: ConnectorCredentials(
        current: SecretID(rawValue: 3), currentDigest: .zero, previous: SecretID(rawValue: 0), previousDigest: .zero,
        previousUntil: Timestamp(rawValue: 0), accessTokenLifetime: 0, refreshTokenLifetime: 0, rotation: .late))
    var looks = 0
    func look() throws {
      let found = try memory.windowOfWriter.client(PublicID(high: 1, low: 2)) { () throws(StateUnreadable) in
        looks += 1
        return client
      }
      #expect(found?.id == client.id)
    }
    try look()
    try look()
    #expect(looks == 1)
    memory.noteChange(by: 6)
    try look()
    #expect(looks == 2)
  }
}
