import CredentialLedger
import Synchronization

/// A history made up from a seed, played through the library.
///
/// What makes it repeat: one task asks for everything, in an order that follows from the seed, and each request is in
/// the writer's queue before the next one is made (`addImmediateTask` runs it up to there). The clock stands still
/// during a wave of requests, so it does not matter how the writer cuts waves into batches. Choices are made from what
/// earlier waves came to, never from what is still under way.
struct Simulation {
  /// How many requests are under way at once.
  private static let waveSize = 8_192
  /// 2026-01-01T00:00:00Z, in milliseconds.
  private static let beginning: Int64 = 1_767_225_600_000
  private static let waveDuration: Int64 = 1_000

  let ledger: Ledger
  private let clock = Clock()
  private var chance: Chance
  private var people: [AccountID] = []
  /// People who only came to look, oldest first; now and then one of them is erased.
  private var visitors: [AccountID] = []
  private var visitorCount = 0
  private var clients: [Client] = []
  /// How often one of the first so many clients is drawn, cumulated: Zipf's law.
  private var weights: [Double] = []
  /// Some tokens of the newest wave, of which one may be revoked.
  private var recent: [(token: TokenID, client: Int)] = []

  private final class Clock: Sendable {
    let time = Atomic<Int64>(Simulation.beginning)
  }

  /// A connector with access to a group.
  private struct Client: Sendable {
    let connector: Connector
    let secret: ConnectorSecret
    let group: GroupID
    let owner: AccountID
    let admin: AccountID
    var grant: GrantID
    var refreshToken: RefreshToken
    let rotation: RefreshRotation
    var isStopped = false
  }

  /// What one request of a wave came to.
  private enum Outcome: Sendable {
    case issued(Tokens.Issued)
    case granted(Grants.Granted)
    case revoked
    case stopped
    case refused
  }

  /// Makes the ledger, its people, connectors, groups and grants.
  init(at path: String, seed: UInt64, connectors: Int, groups: Int) async throws {
    chance = Chance(state: seed)
    let random = DeterministicRandom(seed: Secret(copying: Array("credledger simulate \(seed)".utf8)))
    let clock = clock
    ledger = try await Ledger.create(
      at: path, origin: "simulation.local",
      LedgerConfiguration(
        masterKey: .keysFolder, clock: { clock.time.load(ordering: .relaxed) }, random: random,
        pinBudgets: .unlimited))
    do {
      try await populate(connectors: connectors, groups: groups)
    } catch {
      await ledger.close()
      throw error
    }
  }

  private mutating func populate(connectors: Int, groups: Int) async throws {
    for number in 0..<max(2, groups / 10) { people.append(try await signIn(number)) }
    var rooms: [(id: GroupID, admin: AccountID)] = []
    for number in 0..<groups {
      let admin = people[number % people.count]
      rooms.append((try await ledger.groups.create(name: "Group \(number)", by: admin).id, admin))
    }
    for number in 0..<connectors {
      clock.time.add(1_000, ordering: .relaxed)
      let owner = people[(number + 1) % people.count]
      // One in eight replaces its refresh token at each use.
      let rotation = number % 8 == 3 ? RefreshRotation.always : .late
      let (connector, secret) = try await ledger.connectors.create(
        name: "Connector \(number)", permissions: [.groupInformation, .textMessage], rotation: rotation, by: owner)
      let room = rooms[number % rooms.count]
      let granted = try await ledger.grants.grant(
        connector.id, consent: .scopes(.all), access: .group(room.id), by: room.admin)
      clients.append(
        Client(
          connector: connector, secret: secret, group: room.id, owner: owner, admin: room.admin, grant: granted.grant,
          refreshToken: granted.refreshToken, rotation: rotation))
      weights.append((weights.last ?? 0) + 1 / Double(number + 1))
    }
  }

  private func signIn(_ number: Int) async throws -> AccountID {
    let account = try await ledger.accounts.signIn(
      issuer: "https://id.example.org", subject: "person-\(number)", name: "Person \(number)"
    ).account
    let request = try await ledger.phones.requestPIN(for: PhoneNumber("+1555\(1_000_000 + number)"), by: account)
    _ = try await ledger.phones.verify(request.pin?.digits ?? "", challenge: request.challenge, by: account)
    return account
  }

  /// Goes on until the ledger has so many events.
  mutating func run(upTo events: UInt64, progress: (UInt64) -> Void) async throws {
    while true {
      let head = try ledger.head().rawValue
      progress(head)
      guard head < events else { return }
      // A request may make several events; near the end each is to make one, so that the number comes out.
      let rest = Int(min(events - head, UInt64(Self.waveSize * 4)))
      if rest >= 256 {
        try await wave(of: rest / 4)
        try await visit()
      } else {
        try await wave(of: rest, isPlain: true)
      }
      clock.time.add(Self.waveDuration, ordering: .relaxed)
    }
  }

  /// Now and then somebody comes to look, and of those who did somebody is erased.
  private mutating func visit() async throws {
    if chance.next(below: 4) == 0 {
      visitors.append(try await signIn(500_000 + visitorCount))
      visitorCount += 1
    }
    if visitors.count > 2, chance.next(below: 8) == 0 {
      try await ledger.people.erase(visitors.removeFirst(), by: Requester.operator)
    }
  }

  /// Asks for a number of things at once, and takes in what they come to in the order in which they were asked for.
  ///
  /// - Parameter isPlain: whether each request is to make one event, if it is not refused.
  private mutating func wave(of count: Int, isPlain: Bool = false) async throws {
    // One event of another kind in some five hundred, at the end, so that what it stops was asked for before.
    let rare = isPlain ? 0 : max(1, count / 512)
    let requests =
      (0..<(count - rare)).map { _ in (client: draw(unlessRotating: isPlain), kind: Kind.issue) }
      + (0..<rare).map { _ in (client: draw(), kind: Kind(chance.next(below: 100))) }
    let (ledger, clients, recent) = (ledger, clients, recent)
    let outcomes = try await withThrowingTaskGroup(of: (Int, Outcome).self) { group in
      for (index, request) in requests.enumerated() {
        let client = clients[request.client]
        let victim = recent.isEmpty ? nil : recent[index % recent.count]
        group.addImmediateTask {
          (index, try await Self.ask(request.kind, of: ledger, client, victim.map { ($0.token, clients[$0.client]) }))
        }
      }
      var outcomes = [Outcome](repeating: .refused, count: requests.count)
      for try await (index, outcome) in group { outcomes[index] = outcome }
      return outcomes
    }
    self.recent.removeAll(keepingCapacity: true)
    for (request, outcome) in zip(requests, outcomes) { take(outcome, for: request.client) }
    // Who lost access comes back after some waves, so that there is always somebody to ask for tokens.
    for index in self.clients.indices where !isPlain && self.clients[index].isStopped && chance.next(below: 4) == 0 {
      try await replace(index)
    }
  }

  /// What is asked for.
  private enum Kind: Sendable {
    case issue
    case revokeToken
    case grantAnew
    case revokeGrant
    case delete

    init(_ percent: Int) {
      switch percent {
      case ..<60: self = .revokeToken
      case ..<85: self = .grantAnew
      case ..<97: self = .revokeGrant
      default: self = .delete
      }
    }
  }

  private static func ask(
    _ kind: Kind, of ledger: Ledger, _ client: Client, _ victim: (token: TokenID, client: Client)?
  ) async throws -> Outcome {
    do throws(LedgerError) {
      switch kind {
      case .issue:
        return .issued(
          try await ledger.tokens.issue(
            connector: client.connector.publicID, secret: client.secret, refreshToken: client.refreshToken))
      case .revokeToken:
        guard let victim else { return .refused }
        try await ledger.tokens.revoke(.token(victim.token), by: victim.client.owner)
        return .revoked
      case .grantAnew:
        return .granted(
          try await ledger.grants.grant(
            client.connector.id, consent: .scopes(.all), access: .group(client.group), by: client.admin))
      case .revokeGrant:
        try await ledger.grants.revoke(client.grant, by: client.admin)
        return .stopped
      case .delete:
        try await ledger.connectors.delete(client.connector.id, by: client.owner)
        return .stopped
      }
    } catch {
      // A request after a deletion in the same wave is refused, each time at the same place.
      guard error.isRefusal else { throw error }
      return .refused
    }
  }

  private mutating func take(_ outcome: Outcome, for client: Int) {
    switch outcome {
    case .issued(let issued):
      if let successor = issued.refreshToken { clients[client].refreshToken = successor }
      if recent.count < 64 { recent.append((issued.handle, client)) }
    case .granted(let granted):
      clients[client].grant = granted.grant
      clients[client].refreshToken = granted.refreshToken
    case .stopped: clients[client].isStopped = true
    case .revoked, .refused: break
    }
  }

  /// Puts a new connector in the place of one that lost its access.
  private mutating func replace(_ index: Int) async throws {
    let old = clients[index]
    let (connector, secret) = try await ledger.connectors.create(
      name: "Connector \(index), \(clock.time.load(ordering: .relaxed))",
      permissions: [.groupInformation, .textMessage], rotation: old.rotation, by: old.owner)
    let granted = try await ledger.grants.grant(
      connector.id, consent: .scopes(.all), access: .group(old.group), by: old.admin)
    clients[index] = Client(
      connector: connector, secret: secret, group: old.group, owner: old.owner, admin: old.admin,
      grant: granted.grant, refreshToken: granted.refreshToken, rotation: old.rotation)
  }

  /// Draws a client that has access; any, where nearly all have lost it.
  private mutating func draw(unlessRotating: Bool = false) -> Int {
    var drawn = 0
    for _ in 0..<16 {
      let place = chance.fraction() * (weights.last ?? 1)
      var (low, high) = (0, weights.count - 1)
      while low < high {
        let middle = (low + high) / 2
        if weights[middle] < place { low = middle + 1 } else { high = middle }
      }
      drawn = low
      if !clients[drawn].isStopped, !(unlessRotating && clients[drawn].rotation == .always) { break }
    }
    return drawn
  }
}

/// Choices that follow from a seed: SplitMix64.
struct Chance {
  var state: UInt64

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var mixed = state
    mixed = (mixed ^ mixed >> 30) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ mixed >> 27) &* 0x94D0_49BB_1331_11EB
    return mixed ^ mixed >> 31
  }

  /// A number from 0, below a bound.
  mutating func next(below bound: Int) -> Int { Int(next() % UInt64(bound)) }

  /// A number from 0, below 1.
  mutating func fraction() -> Double { Double(next() >> 11) / 9_007_199_254_740_992 }
}
