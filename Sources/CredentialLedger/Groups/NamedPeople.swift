import KeyStore
import LedgerCrypto
import LedgerDomain
public import LedgerEvents

extension Groups {
  /// Somebody who is named in a call.
  public enum Person: Sendable, Hashable {
    case account(AccountID)
    /// The present or later holder of the number.
    case number(PhoneNumber)

    var isNumber: Bool {
      if case .number = self { true } else { false }
    }
  }

  /// Somebody who is to become a member.
  public struct NewMember: Sendable, Hashable {
    public var person: Person
    public var role: Role

    public init(_ person: Person, role: Role = .member) {
      self.person = person
      self.role = role
    }
  }
}

extension Ledger {
  /// Performs a command that names people, of whom some by number: each number sealed under the key that it has, or under a
  /// new one.
  ///
  /// - Parameters:
  ///   - encoding: what was asked; made only where there is an idempotency key.
  ///   - command: makes the command of the people, in the order in which they are given.
  func submit<C: Command>(
    asked encoding: @autoclosure () -> RequestEncoding, naming people: [Groups.Person], sealedAs purpose: Purpose,
    by caller: Caller, context: RequestContext, _ command: ([NamedPerson]) -> C
  ) async throws(LedgerError) -> C.Outcome {
    try await submit(
      asked: encoding(), naming: people, sealedAs: purpose, by: caller, context: context, making: { _ in }
    ) { (_, people) in command(people) }
  }

  /// The same for a command that also records something that is drawn.
  ///
  /// Keys are durable and stay, so none is made for a command that is refused anyway. Where another request gave one of the numbers
  /// a key meanwhile, it is sealed again under that.
  func submit<C: Command, Made: Sendable>(
    asked encoding: @autoclosure () -> RequestEncoding, naming people: [Groups.Person], sealedAs purpose: Purpose,
    by caller: Caller, context: RequestContext,
    making make: (RequestSecrets) throws(LedgerError) -> Made, _ command: (Made, [NamedPerson]) -> C
  ) async throws(LedgerError) -> C.Outcome {
    let tries = 3
    for attempt in 1...tries {
      do throws(LedgerError) {
        return try await submit(
          asked: encoding(), by: caller, context: context, making: make
        ) { (made: Made) async throws(LedgerError) -> C in
          if attempt == 1, let bare = try await unsealedIfNew(people) { try dryRunBare(command(made, bare)) }
          return command(made, try await named(people, as: purpose))
        }.outcome
      } catch {
        guard attempt < tries, error.refusal == PersonKeyRace.refusal else { throw error }
      }
    }
    throw LedgerError(.busy, "numbers got other keys while they were sealed; ask again")
  }

  /// Refuses what would be refused whatever key a number has.
  private func dryRunBare(_ command: some Command) throws(LedgerError) {
    do throws(LedgerError) { try dryRun(command) } catch {
      guard error.refusal == PersonKeyRace.refusal else { throw error }
    }
  }

  private func unsealedIfNew(_ people: [Groups.Person]) async throws(LedgerError) -> [NamedPerson]? {
    guard people.contains(where: \.isNumber) else { return nil }
    return try await blocking(.short) { [self] () throws(LedgerError) in try unsealed(people) }
  }

  private func named(_ people: [Groups.Person], as purpose: Purpose) async throws(LedgerError) -> [NamedPerson] {
    guard people.contains(where: \.isNumber) else { return try seal(people, as: purpose) }
    return try await blocking(.short) { [self] () throws(LedgerError) in try seal(people, as: purpose) }
  }

  /// The people as a command names them, with nothing in the place of their sealed numbers; nil where each number has a key. One that
  /// has none goes by the name of no key.
  private func unsealed(_ people: [Groups.Person]) throws(LedgerError) -> [NamedPerson]? {
    var digests: [Int: Digest] = [:]
    for (index, person) in people.enumerated() {
      if case .number(let number) = person { digests[index] = try hash(of: number) }
    }
    let known = try reading { [digests] (state) throws(StateUnreadable) in
      var known: [Int: [UInt8]] = [:]
      for (index, digest) in digests { known[index] = try state.person(ofNumber: digest) }
      return known
    }
    guard known.count < digests.count else { return nil }
    var named: [NamedPerson] = []
    for (index, person) in people.enumerated() {
      switch person {
      case .account(let id): named.append(.account(id))
      case .number:
        guard let digest = digests[index] else { continue }
        let key = known[index] ?? [UInt8](repeating: 0, count: PersonID.byteCount)
        named.append(.number(digest, Sealed(person: key, box: [UInt8]())))
      }
    }
    return named
  }

  private func seal(_ people: [Groups.Person], as purpose: Purpose) throws(LedgerError) -> [NamedPerson] {
    var persons: [PhoneNumber: PersonID] = [:]
    var unknown: [PhoneNumber] = []
    let numbers = people.compactMap { if case .number(let number) = $0 { number } else { nil } }
    var hashes: [PhoneNumber: Digest] = [:]
    for number in numbers { hashes[number] = try hash(of: number) }
    let known = try reading { [hashes] (state) throws(StateUnreadable) in
      var known: [PhoneNumber: [UInt8]] = [:]
      for (number, hash) in hashes { known[number] = try state.person(ofNumber: hash) }
      return known
    }
    for number in Set(numbers) {
      if let person = known[number].flatMap({ PersonID(bytes: $0) }) {
        persons[number] = person
      } else {
        unknown.append(number)
      }
    }
    for (number, person) in zip(unknown, try newPersons(unknown.count)) { persons[number] = person }
    var named: [NamedPerson] = []
    for person in people {
      switch person {
      case .account(let id): named.append(.account(id))
      case .number(let number):
        guard let person = persons[number], let hash = hashes[number] else { continue }
        named.append(.number(hash, try seal(number.digits, for: person, purpose)))
      }
    }
    return named
  }
}

/// What a command says where a number has another key than the one that it was sealed under.
private enum PersonKeyRace {
  static let refusal = Refusal(.conflict, field: "number", expected: "a number sealed under the key that it has")
}
