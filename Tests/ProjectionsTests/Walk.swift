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
  var random: SeededRandom
  private(set) var head: PositionNumber = 0
  /// How many commands were refused.
  private(set) var refusals = 0
  /// How many people were erased.
  private(set) var erasures = 0
  let hashes: KeyedHashes
  private let erases: Bool
  /// The key of each person who signs in; another once it is erased.
  private var persons: [PersonID]

  static let people = 5
  static let numbers = (1...6).map { "+49151000000\($0)" }
  private static let secrets = ["red", "green", "blue"]

  /// - Parameter erases: whether people are erased as well.
  init(_ ledger: TestLedger, erases: Bool = true) throws {
    self.erases = erases
    self.ledger = ledger
    let personal = ledger.log.participant.personalData
    hashes = KeyedHashes(
      number: { sealed in
        // The purpose is not known here, and only one opens the box.
        for purpose in [Purpose.phoneNumber, .memberNumber, .subscriberNumber] {
          if let hash = try? personal.hash(number: sealed, purpose: purpose, at: 0) { return hash }
        }
        return SHA256.hash(sealed.boxBytes)
      },
      identity: { issuer, subject in
        (try? personal.hash(issuer: issuer, subject: subject, at: 0)) ?? SHA256.hash(subject.boxBytes)
      })
    model = ModelState(keyedHashes: hashes)
    random = SeededRandom()
    persons = try (0..<Self.people).map { _ in try PersonID(random: SystemRandom()) }
    try ledger.keys.persons.add(persons)
  }

  func seal(_ text: String, _ person: PersonID, _ purpose: Purpose) throws -> Sealed {
    let value = try ledger.keys.vault.seal(text, for: person, purpose: purpose)
    return Sealed(person: value.person.bytes, box: value.box)
  }

  /// Whose key seals what an account gives of itself. An account that is erased, or that there is not, is somebody new.
  func person(of account: AccountID) throws -> PersonID {
    guard let known = model.accounts[account], !known.isErased,
      let person = PersonID(bytes: known.subject.personBytes)
    else { return try newPerson() }
    return person
  }

  private func newPerson() throws -> PersonID {
    let person = try PersonID(random: SystemRandom())
    try ledger.keys.persons.add([person])
    return person
  }

  /// Somebody by number, mostly under the key that the number has.
  private mutating func named(_ number: String, _ hash: Digest, as purpose: Purpose) throws -> NamedPerson {
    let known = try model.person(ofNumber: hash).flatMap { PersonID(bytes: $0) }
    let isWrong = Int.random(in: 0..<15, using: &random) == 0
    return .number(hash, try seal(number, isWrong ? newPerson() : known ?? newPerson(), purpose))
  }

  /// A few people, by account and by number.
  private mutating func somePeople(as purpose: Purpose) throws -> [NamedPerson] {
    var people: [NamedPerson] = []
    // One key for a number, however often it is named.
    var sealed: [String: NamedPerson] = [:]
    for _ in 0..<Int.random(in: 0...4, using: &random) {
      let number = Self.numbers.randomElement(using: &random) ?? ""
      let hash = try ledger.log.participant.personalData.hash(number: Array(number.utf8))
      if Bool.random(using: &random) {
        people.append(.account(pick(model.accounts)))
      } else {
        let person = try sealed[number] ?? named(number, hash, as: purpose)
        sealed[number] = person
        people.append(person)
      }
    }
    return people
  }

  /// Decides a command on both, expects the same of both, and lets it happen.
  mutating func perform(_ command: some Command) async throws {
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
              state, DecisionContext(now: Timestamp(milliseconds: now.now), next: Position(now.next)))
            return AppendProposal(
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
    let context = DecisionContext(now: Timestamp(milliseconds: now.now), next: Position(now.next))
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
  mutating func pick<Kind, Value>(_ objects: [ObjectID<Kind>: Value]) -> ObjectID<Kind> {
    if Int.random(in: 0..<20, using: &random) == 0 {
      return ObjectID(rawValue: .random(in: 1...head + 2, using: &random))
    }
    return objects.keys.sorted().randomElement(using: &random) ?? ObjectID(rawValue: 1)
  }

  /// The same, mostly one with which something can be done.
  mutating func pick<Kind, Value>(
    _ objects: [ObjectID<Kind>: Value], mostly isGood: (Value) -> Bool
  ) -> ObjectID<Kind> {
    let good = objects.filter { isGood($0.value) }
    return pick(good.isEmpty || Int.random(in: 0..<6, using: &random) == 0 ? objects : good)
  }

  /// A public ID: one that may be taken, or a new one, of which there are always enough.
  mutating func publicID(_ few: ClosedRange<UInt8>) -> PublicID {
    guard Bool.random(using: &random) else { return .fake(.random(in: few, using: &random)) }
    return PublicID(
      high: .random(in: .min ... .max, using: &random), low: .random(in: .min ... .max, using: &random))
  }

  mutating func pickGroup() -> GroupID { pick(model.groups) { !$0.isDeleted } }

  /// A connector, mostly one that is active, with an active owner.
  mutating func pickConnector() -> ConnectorID {
    let accounts = model.accounts
    return pick(model.connectors) { !$0.isDeleted && !$0.isInactive && accounts[$0.owner]?.isDisabled == false }
  }

  /// Who asks for a change of a group: an admin of it if there is one, or else an operator or anybody.
  mutating func asker(of group: GroupID, or account: AccountID) -> Requester {
    if let admin = admin(of: group), model.accounts[admin]?.isDisabled == false { return .account(admin) }
    return Int.random(in: 0..<3, using: &random) == 0 ? .account(account) : .operator
  }

  mutating func digest() -> Digest { .of(Self.secrets.randomElement(using: &random) ?? "") }

  /// Does something at random.
  mutating func step() async throws {
    let personal = ledger.log.participant.personalData
    let account = pick(model.accounts) { !$0.isDisabled }
    let person = Int.random(in: 0..<persons.count, using: &random)
    let number = Self.numbers.randomElement(using: &random) ?? ""
    let hash = try personal.hash(number: Array(number.utf8))
    // Without anybody nothing can be done.
    let isDeserted = !model.accounts.values.contains { !$0.isDisabled }
    switch isDeserted ? 0 : Int.random(in: 0..<40, using: &random) {
    case 0:
      let (issuer, subject) = ("https://login.example.org", "person \(person)")
      try await perform(
        SignIn(
          identity: personal.hash(issuer: issuer, subject: Array(subject.utf8)), issuer: issuer,
          subject: seal(subject, persons[person], .accountSubject)))
    case 1, 2:
      try await perform(
        RequestPIN(
          account: account, number: hash, sealedNumber: seal(number, self.person(of: account), .phoneNumber),
          salt: [UInt8](repeating: 1, count: 16), pinDigest: digest()))
    case 3, 4, 5:
      let challenge = pick(
        Bool.random(using: &random) ? model.challenges.filter { !$0.value.isClosed } : model.challenges)
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
          owner: account, publicID: publicID(0...40), secretDigest: digest(),
          details: details))
    case 8:
      if Int.random(in: 0..<4, using: &random) == 0 {
        let connector = pickConnector()
        try await perform(
          DeleteConnector(connector: connector, requester: model.connectors[connector]?.owner ?? account))
      }
    case 9:
      try await perform(
        CreateGroup(
          creator: account, publicID: publicID(41...90),
          name: "Group \(Int.random(in: 0..<9, using: &random))",
          kind: Bool.random(using: &random) ? .group : .connectGroup,
          members: try newMembers()))
    case 10, 11:
      let group = pickGroup()
      let who: AddMember.Person =
        if Bool.random(using: &random) { .account(pick(model.accounts)) } else {
          try named(number, hash, as: .memberNumber)
        }
      try await perform(
        AddMember(
          group: group, person: who, role: Bool.random(using: &random) ? .admin : .member,
          requester: asker(of: group, or: account)))
    case 12:
      let membership = pick(model.memberships)
      let group = model.memberships[membership]?.group ?? pickGroup()
      try await perform(
        ChangeMemberRole(
          group: group, membership: membership, role: Bool.random(using: &random) ? .admin : .member,
          requester: asker(of: group, or: account)))
    case 13:
      let membership = pick(model.memberships)
      let group = model.memberships[membership]?.group ?? pickGroup()
      try await perform(
        RemoveMember(group: group, membership: membership, requester: asker(of: group, or: account)))
    case 14:
      let group = pickGroup()
      if Int.random(in: 0..<4, using: &random) == 0 {
        try await perform(DeleteGroup(group: group, requester: asker(of: group, or: account)))
      } else {
        try await perform(RenameGroup(group: group, name: "Renamed", requester: asker(of: group, or: account)))
      }
    case 15, 16:
      let group = pickGroup()
      try await perform(
        GrantAccess(
          connector: pickConnector(), access: Bool.random(using: &random) ? .group(group) : .user,
          granter: admin(of: group) ?? account, consent: .scopes(.all), refreshDigest: digest()))
    case 17:
      let grant = pick(model.grants)
      if Int.random(in: 0..<3, using: &random) == 0 {
        try await perform(RevokeGrant(grant: grant, requester: model.grants[grant]?.granter ?? account))
      } else if Int.random(in: 0..<2, using: &random) == 0 {
        try await perform(
          ReviewGrant(
            grant: grant, decision: Bool.random(using: &random) ? .keep : .revoke, reason: "seen",
            requester: .account(model.grants[grant]?.granter ?? account)))
      } else {
        try await perform(
          RevokeToken(.connector(pick(model.connectors)), requester: .operator))
      }
    case 18, 19, 20: try await changeManyMembers()
    case 21, 22, 23: try await changeSubscribers(by: account)
    case 24: try await changeHierarchy(by: account)
    case 25: if erases, Int.random(in: 0..<4, using: &random) == 0 { try await erase(account, number: hash) }
    case 26: try await changeAccount()
    case 27, 28: try await changeConnector()
    case 29, 30: try await useCode()
    case 31: try await signInByPIN()
    case 32: try await revokePresented()
    case 33, 34: try await webhookStep()
    case 35:
      if Bool.random(using: &random) { try await webhookStep() } else { try await customEventStep(by: account) }
    default:
      let isStanding = Bool.random(using: &random)
      let families = model.standings.filter {
        $0.value.kind == .family && !(isStanding && $0.value.stoppedBy != 0)
      }
      let family = families.keys.sorted().randomElement(using: &random) ?? 1
      let grant = GrantID(rawValue: model.standings[family]?.parents[0] ?? 0)
      let connector = model.grants[grant].flatMap { model.connectors[$0.connector] }
      let credential = model.standings[family]?.credential
      try await perform(
        IssueAccessToken(
          connector: connector?.publicID ?? .fake(1), secretDigest: secret(of: connector?.id),
          refreshToken: TokenID(rawValue: family),
          refreshDigest: credential?.digest ?? digest(), accessDigest: digest(), successor: nil))
    }
  }

  private mutating func newMembers() throws -> [NewMember] {
    try somePeople(as: .memberNumber).map { person in
      NewMember(person, role: Int.random(in: 0..<3, using: &random) == 0 ? .admin : .member)
    }
  }

  private mutating func changeManyMembers() async throws {
    let group = pickGroup()
    let requester = asker(of: group, or: pick(model.accounts))
    if Int.random(in: 0..<3, using: &random) > 0 {
      try await perform(AddMembers(try newMembers(), to: group, requester: requester))
    } else {
      let own = model.memberships.filter { $0.value.group == group }
      let leavers = (0..<Int.random(in: 1...3, using: &random)).map { _ in
        Int.random(in: 0..<8, using: &random) == 0 ? pick(model.memberships) : pick(own)
      }
      try await perform(RemoveMembers(leavers, from: group, requester: requester))
    }
  }

  private mutating func changeSubscribers(by account: AccountID) async throws {
    let group = pick(model.groups) { $0.kind == .connectGroup && !$0.isDeleted }
    let requester: Requester = Int.random(in: 0..<4, using: &random) == 0 ? .account(account) : .operator
    switch Int.random(in: 0..<4, using: &random) {
    case 0: try await perform(AddSubscribers([.account(account)], to: group, requester: requester))
    case 1, 2:
      try await perform(
        AddSubscribers(try somePeople(as: .subscriberNumber), to: group, requester: asker(of: group, or: account)))
    default:
      let targets: [RemoveSubscribers.Target] = [
        .account(pick(model.accounts)), .subscription(pick(model.subscriptions)),
        .number(
          try ledger.log.participant.personalData.hash(number: (Self.numbers.randomElement(using: &random) ?? "").utf8)),
      ]
      try await perform(RemoveSubscribers(targets, from: group, requester: requester))
    }
  }

  private mutating func changeHierarchy(by account: AccountID) async throws {
    let (group, subgroup) = (pickGroup(), pickGroup())
    let requester: Requester = Int.random(in: 0..<4, using: &random) == 0 ? .account(account) : .operator
    if Int.random(in: 0..<4, using: &random) == 0, let known = model.subgroups[group]?.sorted().first {
      try await perform(DetachSubgroup(known, from: group, requester: requester))
    } else if Int.random(in: 0..<4, using: &random) == 0 {
      try await perform(AttachSubgroups([subgroup, pickGroup()], to: group, requester: requester))
    } else {
      try await perform(AttachSubgroup(subgroup, to: group, requester: requester))
    }
  }

  /// Erases an account or a number, then destroys the keys, as whoever embeds the ledger must.
  private mutating func erase(_ account: AccountID, number: Digest) async throws {
    let target: EraseSubject.Target = Bool.random(using: &random) ? .account(account) : .number(number)
    let before = model.erased
    try await perform(EraseSubject(target, requester: .operator))
    let erased = model.erased.subtracting(before)
    erasures += erased.count
    for bytes in erased {
      let person = try #require(PersonID(bytes: bytes))
      _ = try ledger.keys.persons.erase(person)
      if let place = persons.firstIndex(of: person) { persons[place] = try newPerson() }
    }
  }

  private mutating func admin(of group: GroupID) -> AccountID? {
    let admins = model.memberships.values.filter { $0.group == group && !$0.isRemoved && $0.role == .admin }
      .compactMap(\.account).sorted()
    let active = admins.filter { model.accounts[$0]?.isDisabled == false }
    return (active.isEmpty ? admins : active).randomElement(using: &random)
  }
}
