import EventLog
import KeyStore
import LMDB
import LedgerCrypto
import LedgerDomain
import LedgerEvents
import LedgerTestSupport
import Synchronization
import Testing

@testable import Projections

/// A random history, driven through real commands on a ledger and on the model at once.
struct Walk {
  let ledger: TestLedger
  var model: ModelState
  var random: SeededGenerator
  private(set) var head: Position = 0
  /// How many commands were refused.
  private(set) var refusals = 0
  private let hashes: KeyedHashes
  private let persons: [PersonID]

  private static let numbers = (1...6).map { "+49151000000\($0)" }
  private static let secrets = ["red", "green", "blue"]

  init(_ ledger: TestLedger) throws {
    self.ledger = ledger
    let personal = ledger.log.participant.personalData
    hashes = KeyedHashes(
      number: { sealed in
        // The purpose is not known here, and only one opens the box.
        for purpose in [Purpose.phoneNumber, .memberNumber] {
          if let hash = try? personal.hash(number: sealed, purpose: purpose, at: 0) { return hash }
        }
        return SHA256.hash(sealed.boxBytes)
      },
      identity: { issuer, subject in
        (try? personal.hash(issuer: issuer, subject: subject, at: 0)) ?? SHA256.hash(subject.boxBytes)
      })
    model = ModelState(keyedHashes: hashes)
    random = SeededGenerator()
    persons = try (0..<5).map { _ in try PersonID(random: SystemRandom()) }
    try ledger.keys.persons.add(persons)
  }

  private func seal(_ text: String, _ person: Int, _ purpose: Purpose) throws -> Sealed {
    let value = try ledger.keys.vault.seal(text, for: persons[person], purpose: purpose)
    return Sealed(person: value.person.bytes, box: value.box)
  }

  /// Decides a command on both, expects the same of both, and lets it happen.
  private mutating func perform(_ command: some Command) async throws {
    let moment = Mutex<Moment?>(nil)
    let writer = try #require(ledger.log.writer)
    var committed: Committed<LedgerEvent>?
    var refusal: Refusal?
    do throws(AppendFailure<DecisionFailure>) {
      committed = try await writer.append { (view, now) throws(AppendFailure<DecisionFailure>) in
        moment.withLock { $0 = now }
        return try view.withState(orThrow: { .log($0) }) { (state) throws(AppendFailure<DecisionFailure>) in
          do throws(DecisionFailure) {
            let decision = try command.decide(
              state, DecisionContext(now: Timestamp(milliseconds: now.now), next: now.next))
            return Proposal(
              decision.events,
              RecordContext(actor: LogSubject(kind: decision.actor.kind.rawValue, number: decision.actor.number)))
          } catch { throw .refused(error) }
        }
      }
    } catch {
      guard case .refused(.refused(let found)) = error else { throw error }
      refusal = found
      refusals += 1
    }
    let now = try #require(moment.withLock { $0 })
    let context = DecisionContext(now: Timestamp(milliseconds: now.now), next: now.next)
    do throws(DecisionFailure) {
      let decision = try command.decide(model, context)
      #expect(committed?.events == decision.events, "seed \(random.seed), \(command)")
    } catch {
      guard case .refused(let expected) = error else { throw error }
      #expect(refusal == expected, "seed \(random.seed), \(command)")
    }
    for event in committed?.events ?? [] {
      head += 1
      try model.apply(event, at: head, time: context.now)
    }
  }

  /// One of the IDs of a kind that there are, or now and then one that there is not.
  private mutating func pick<Kind, Value>(_ objects: [ObjectID<Kind>: Value]) -> ObjectID<Kind> {
    if Int.random(in: 0..<20, using: &random) == 0 {
      return ObjectID(rawValue: .random(in: 1...head + 2, using: &random))
    }
    return objects.keys.sorted().randomElement(using: &random) ?? ObjectID(rawValue: 1)
  }

  private mutating func digest() -> Digest { .of(Self.secrets.randomElement(using: &random) ?? "") }

  /// Does something at random.
  mutating func step() async throws {
    let personal = ledger.log.participant.personalData
    let account = pick(model.accounts)
    let person = Int.random(in: 0..<persons.count, using: &random)
    let number = Self.numbers.randomElement(using: &random) ?? ""
    let hash = personal.hash(number: Array(number.utf8))
    switch Int.random(in: 0..<19, using: &random) {
    case 0:
      let (issuer, subject) = ("https://login.example.org", "person \(person)")
      try await perform(
        SignIn(
          identity: personal.hash(issuer: issuer, subject: Array(subject.utf8)), issuer: issuer,
          subject: seal(subject, person, .accountSubject)))
    case 1, 2:
      try await perform(
        RequestPIN(
          account: account, number: hash, sealedNumber: seal(number, person, .phoneNumber),
          salt: [UInt8](repeating: 1, count: 16), pinDigest: digest(), scryptLog2N: 10))
    case 3, 4, 5:
      let challenge = pick(model.challenges)
      let open = model.challenges[challenge]
      let candidate = Bool.random(using: &random) ? open?.digest ?? digest() : digest()
      try await perform(
        VerifyPIN(
          account: open?.account ?? account, challenge: challenge, candidate: candidate,
          number: open.map { hashes.number($0.number) } ?? hash))
    case 6:
      if Int.random(in: 0..<3, using: &random) == 0 {
        try await perform(RemovePhone(phone: pick(model.phones), requester: .account(account)))
      }
    case 7:
      var details = ConnectorDetails.fake()
      details.name = "Connector \(Int.random(in: 0..<8, using: &random))"
      try await perform(
        CreateConnector(
          owner: account, publicID: .fake(.random(in: 0...40, using: &random)), secretDigest: digest(),
          details: details))
    case 8:
      if Int.random(in: 0..<4, using: &random) == 0 {
        let connector = pick(model.connectors)
        try await perform(
          DeleteConnector(connector: connector, requester: model.connectors[connector]?.owner ?? account))
      }
    case 9:
      try await perform(
        CreateGroup(
          creator: account, publicID: .fake(.random(in: 41...90, using: &random)),
          name: "Group \(Int.random(in: 0..<9, using: &random))"))
    case 10, 11:
      let group = pick(model.groups)
      let who: AddMember.Person =
        if Bool.random(using: &random) { .account(pick(model.accounts)) } else {
          .number(hash, try seal(number, person, .memberNumber))
        }
      try await perform(
        AddMember(
          group: group, person: who, role: Bool.random(using: &random) ? .admin : .member,
          requester: admin(of: group) ?? account))
    case 12:
      let membership = pick(model.memberships)
      let group = model.memberships[membership]?.group ?? pick(model.groups)
      try await perform(
        ChangeMemberRole(
          group: group, membership: membership, role: Bool.random(using: &random) ? .admin : .member,
          requester: admin(of: group) ?? account))
    case 13:
      let membership = pick(model.memberships)
      let group = model.memberships[membership]?.group ?? pick(model.groups)
      try await perform(
        RemoveMember(group: group, membership: membership, requester: admin(of: group) ?? account))
    case 14:
      let group = pick(model.groups)
      if Int.random(in: 0..<4, using: &random) == 0 {
        try await perform(DeleteGroup(group: group, requester: admin(of: group) ?? account))
      } else {
        try await perform(RenameGroup(group: group, name: "Renamed", requester: admin(of: group) ?? account))
      }
    case 15, 16:
      let group = pick(model.groups)
      try await perform(
        GrantAccess(
          connector: pick(model.connectors), access: Bool.random(using: &random) ? .group(group) : .user,
          granter: admin(of: group) ?? account, refreshDigest: digest()))
    case 17:
      let grant = pick(model.grants)
      if Int.random(in: 0..<3, using: &random) == 0 {
        try await perform(RevokeGrant(grant: grant, requester: model.grants[grant]?.granter ?? account))
      } else {
        try await perform(
          RevokeToken(.connector(pick(model.connectors)), requester: .operator))
      }
    default:
      let family = model.standings.filter { $0.value.kind == .family }.keys.sorted().randomElement(using: &random) ?? 1
      let grant = GrantID(rawValue: model.standings[family]?.parents[0] ?? 0)
      let connector = model.grants[grant].flatMap { model.connectors[$0.connector] }
      let credential = model.standings[family]?.credential
      try await perform(
        IssueAccessToken(
          connector: connector?.publicID ?? .fake(1), secretDigest: digest(), refreshToken: TokenID(rawValue: family),
          refreshDigest: credential?.digest ?? digest(), accessDigest: digest(), successorDigest: nil))
    }
  }

  private mutating func admin(of group: GroupID) -> AccountID? {
    model.memberships.values.filter { $0.group == group && !$0.isRemoved && $0.role == .admin }
      .compactMap(\.account).sorted().randomElement(using: &random)
  }

  /// Compares each answer of the projections with the model's.
  func compare() throws {
    let snapshot = try ledger.log.snapshot()
    let state = try snapshot.participant.snapshotState(in: BorrowedTransaction(snapshot.transaction))
    let personal = ledger.log.participant.personalData
    let note: Comment = "seed \(random.seed), head \(head)"
    #expect(try snapshot.head() == head, note)
    for position in 1...head + 1 {
      #expect(try state.standing(of: position) == model.standing(of: position), note)
      let ids = (
        AccountID(rawValue: position), PhoneID(rawValue: position), ChallengeID(rawValue: position),
        ConnectorID(rawValue: position), GroupID(rawValue: position), MembershipID(rawValue: position),
        GrantID(rawValue: position)
      )
      #expect(try state.account(ids.0) == model.account(ids.0), note)
      #expect(try state.phone(ids.1) == model.phone(ids.1), note)
      #expect(try state.challenge(ids.2) == model.challenge(ids.2), note)
      #expect(try state.connector(ids.3) == model.connector(ids.3), note)
      #expect(try state.credentials(of: ids.3) == model.credentials(of: ids.3), note)
      #expect(try state.group(ids.4) == model.group(ids.4), note)
      #expect(try state.membership(ids.5) == model.membership(ids.5), note)
      #expect(try state.grant(ids.6) == model.grant(ids.6), note)
    }
    for number in Self.numbers {
      let hash = personal.hash(number: Array(number.utf8))
      #expect(try state.phone(number: hash) == model.phone(number: hash), note)
      #expect(try state.memberships(number: hash) == model.memberships(number: hash), note)
      for account in model.accounts.keys {
        #expect(try state.challenge(for: hash, by: account) == model.challenge(for: hash, by: account), note)
      }
      for group in model.groups.keys {
        #expect(try state.membership(number: hash, in: group) == model.membership(number: hash, in: group), note)
      }
    }
    for account in model.accounts.keys {
      #expect(try state.phones(of: account) == model.phones(of: account), note)
      for group in model.groups.keys {
        #expect(try state.membership(of: account, in: group) == model.membership(of: account, in: group), note)
      }
      for number in 0..<8 {
        let name = "Connector \(number)"
        #expect(try state.connector(named: name, of: account) == model.connector(named: name, of: account), note)
      }
      for connector in model.connectors.keys {
        for group in [nil] + model.groups.keys.map(Optional.some) {
          #expect(
            try state.grant(to: connector, group: group, granter: account)
              == model.grant(to: connector, group: group, granter: account), note)
        }
      }
    }
    for person in 0..<persons.count {
      let identity = personal.hash(issuer: "https://login.example.org", subject: Array("person \(person)".utf8))
      #expect(try state.account(identity: identity) == model.account(identity: identity), note)
    }
    for number in 0...90 as ClosedRange<UInt8> {
      #expect(try state.connector(publicID: .fake(number)) == model.connector(publicID: .fake(number)), note)
      #expect(try state.group(publicID: .fake(number)) == model.group(publicID: .fake(number)), note)
    }
  }
}
