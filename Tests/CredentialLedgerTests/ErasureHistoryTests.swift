import CredentialLedger
import LedgerTestSupport
import Synchronization
import Testing

/// Random histories of people who come, hold numbers, are added by numbers, and are erased: whatever happened, what is
/// kept is what the log makes of it now.
@Suite struct ErasureHistoryTests {
  let folder = TemporaryFolder()

  /// A clock that moves when it is told to.
  private final class Time: Sendable {
    private let milliseconds = Mutex<Int64>(1_800_000_000_000)
    var now: Int64 { milliseconds.withLock { $0 } }
    func pass(minutes: Int64) { milliseconds.withLock { $0 += minutes * 60_000 } }
  }

  @Test("After every erasure the rebuilt state equals the live state", arguments: 0..<4)
  func histories(stream: UInt64) async throws {
    var random = SeededRandom(stream: 100 + stream)
    let time = Time()
    let ledger = try await Ledger.create(
      at: "\(folder.path)/\(stream)", origin: "erasure.example.org",
      LedgerConfiguration(clock: { time.now }))
    let numbers = try (0..<5).map { try PhoneNumber("+91119999990\($0)") }
    var accounts: [AccountID] = []
    var groups: [(id: GroupID, admin: AccountID)] = []
    var challenges: [(id: ChallengeID, account: AccountID, digits: String)] = []
    var erasures = 0
    for step in 0..<120 {
      time.pass(minutes: step % 3 == 0 ? 180 : 2)
      let account = accounts.randomElement(using: &random)
      // What the rules refuse is as good as what they allow.
      do throws(LedgerError) {
        switch Int.random(in: 0..<18, using: &random) {
        case 0, 1:
          let subject = "person-\(Int.random(in: 0..<8, using: &random))"
          let signedIn = try await ledger.accounts.signIn(
            issuer: "https://id.example.org", subject: subject, name: subject)
          if signedIn.isNew { accounts.append(signedIn.account) }
        case 2, 3, 4:
          guard let account, let number = numbers.randomElement(using: &random) else { break }
          let request = try await ledger.phones.requestPIN(for: number, by: account)
          challenges.append((request.challenge, account, request.pin?.digits ?? ""))
        case 5, 6, 7:
          guard let open = challenges.popLast() else { break }
          // Some minutes after it was made, and at times with a wrong PIN.
          let isRight = Bool.random(using: &random)
          _ = try await ledger.phones.verify(isRight ? open.digits : "x", challenge: open.id, by: open.account)
        case 8:
          guard let account else { break }
          let members = numbers.shuffled(using: &random).prefix(2).map { Groups.NewMember(.number($0)) }
          let group = try await ledger.groups.create(
            name: "Group \(step)", kind: Bool.random(using: &random) ? .group : .connectGroup, members: members,
            by: account)
          groups.append((group.id, account))
        case 9, 10:
          guard let group = groups.randomElement(using: &random), let number = numbers.randomElement(using: &random)
          else { break }
          _ = try await ledger.groups.add(number, to: group.id, by: group.admin)
        case 14, 15, 16:
          guard let group = groups.randomElement(using: &random), let account else { break }
          let people: [Groups.Person] = numbers.shuffled(using: &random).prefix(2).map { .number($0) }
          try await ledger.groups.subscribe(people + [.account(account)], to: group.id, by: group.admin)
        case 17:
          guard let group = groups.randomElement(using: &random), let number = numbers.randomElement(using: &random)
          else { break }
          try await ledger.groups.unsubscribe([.number(number)], from: group.id, by: group.admin)
        case 11:
          guard let account, let phone = try ledger.phones.verified(by: account).first else { break }
          try await ledger.phones.remove(phone, by: account)
        case 12:
          guard let account else { break }
          try await ledger.people.erase(account, by: Requester.operator)
          erasures += 1
        default:
          guard let number = numbers.randomElement(using: &random) else { break }
          try await ledger.people.erase(number, by: Requester.operator)
          erasures += 1
        }
      } catch {
        try #require(error.isRefusal || error.code == .invalidValue, "step \(step), seed \(testSeed): \(error)")
      }
      guard step % 10 == 9 else { continue }
      let (live, rebuilt) = try await ledger.integrity.digests()
      try #require(live == rebuilt, "stream \(stream), step \(step), seed \(testSeed)")
    }
    #expect(erasures > 0 || stream > 0)
    #expect(try await ledger.integrity.verify().projectionsMatch)
    await ledger.close()
  }
}
