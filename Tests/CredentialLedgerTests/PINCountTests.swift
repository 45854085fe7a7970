import LMDB
import LedgerTestSupport
import Testing

@testable import CredentialLedger
@testable import LedgerOperations

/// What is counted of PINs outlives whoever it is about, for a day.
@Suite struct PINCountTests {
  let folder = TemporaryFolder()
  var path: String { folder.path + "/ledger" }
  let clock = TestClock()

  private func arrive(on ledger: Ledger) async throws -> AccountID {
    try await ledger.accounts.signIn(issuer: "https://id.example.org", subject: "mallory").account
  }

  private func code(_ body: () async throws -> Void) async -> String? {
    do {
      try await body()
      return nil
    } catch { return (error as? LedgerError)?.code.rawValue }
  }

  @Test("Erasing oneself gives no fresh tries, asks or wrong PINs, nor does a restart") func erasingOneself()
    async throws
  {
    var ledger = try await Ledger.create(at: path, origin: "ledger.example.org", clock.configuration)
    let number = try PhoneNumber("+911199999999")
    var wrong = 0
    var asked = 0
    for _ in 0..<6 {
      let open = ledger
      let account = try await arrive(on: open)
      for _ in 0..<4 {
        guard let request = try? await open.phones.requestPIN(for: number, by: account) else { continue }
        asked += 1
        for _ in 0..<6 {
          let answer = await code {
            _ = try await open.phones.verify("x", challenge: request.challenge, by: account)
          }
          if answer == "wrong_pin" { wrong += 1 }
        }
      }
      try await open.people.erase(account, by: account)
      await open.close()
      ledger = try await Ledger.open(at: path, clock.configuration)
    }
    #expect(asked <= 3)
    #expect(wrong == 10)
    let digests = try await ledger.integrity.projectionDigests()
    try await ledger.integrity.rebuildProjections()
    #expect(try await ledger.integrity.projectionDigests() == digests)
    // A rebuild finds nobody any more, and leaves the counts.
    let open = ledger
    let account = try await arrive(on: open)
    let refused = await code { _ = try await open.phones.requestPIN(for: number, by: account) }
    #expect(refused == "too_many")
    clock.advance(seconds: 86_400)
    let answer = await code { _ = try await open.phones.requestPIN(for: number, by: account) }
    #expect(answer == nil)
    await ledger.close()
  }

  @Test("A day later nothing is left of them") func dayLater() async throws {
    let ledger = try await Ledger.create(at: path, origin: "ledger.example.org", clock.configuration)
    let account = try await arrive(on: ledger)
    for index in 0..<3 {
      let request = try await ledger.phones.requestPIN(for: PhoneNumber("+91119999999\(index)"), by: account)
      _ = await code { _ = try await ledger.phones.verify("x", challenge: request.challenge, by: account) }
    }
    try await ledger.people.erase(account, by: account)
    // Of the identity, of everybody, of three numbers, and of persons who erased themselves.
    #expect(try ledger.countedScopes() == 6)
    clock.advance(seconds: 86_399)
    _ = try await ledger.accounts.signIn(issuer: "https://id.example.org", subject: "ada")
    #expect(try ledger.countedScopes() == 6)
    clock.advance(seconds: 1)
    _ = try await ledger.accounts.signIn(issuer: "https://id.example.org", subject: "ada")
    #expect(try ledger.countedScopes() == 0)
    await ledger.close()
  }

  @Test("Whether a number is known tells neither the answer nor the count of events") func whetherNumber() async throws
  {
    let ledger = try await Ledger.create(at: path, origin: "ledger.example.org", clock.configuration)
    let steps = try await FourSteps(on: ledger)
    clock.advance(seconds: 86_400)
    let account = try await arrive(on: ledger)
    // An account that asks for a number which another has verified, and for one that nobody has: alike, and both count.
    var answers: [Set<String>] = []
    for number in ["+4915112345678", "+4915112345679"] {
      var answer: Set<String> = []
      for _ in 0..<4 {
        let head = try ledger.head()
        answer.insert(
          await code { _ = try await ledger.phones.requestPIN(for: PhoneNumber(number), by: account) } ?? "made")
        answer.insert("\(try ledger.head().distance(from: head)) events")
      }
      answers.append(answer)
      clock.advance(seconds: 3_600)
    }
    #expect(answers[0] == answers[1])
    #expect(answers[0] == ["made", "1 events", "too_many", "0 events"])
    // Whoever has only heard of a connector's ID, and asks until no PIN is made any more: the events are the same.
    for number in ["+4915112345678", "+4915112345679"] {
      let head = try ledger.head()
      for _ in 0..<6 {
        _ = try await ledger.pinSignIns.request(for: PhoneNumber(number), connector: steps.connector.publicID)
      }
      #expect(try ledger.head() == head + 6)
    }
    await ledger.close()
  }
}

extension Ledger {
  /// How many scopes have counts.
  fileprivate func countedScopes() throws -> Int {
    let view = try log.snapshot()
    return try view.dayCountScopes()
  }
}
