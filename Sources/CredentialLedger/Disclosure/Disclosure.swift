import KeyStore
public import LedgerDomain
public import LedgerEvents
import Projections

/// The permission to read some people's personal data. ``Ledger/disclose(_:for:by:context:)`` records the reading and gives it;
/// ``withoutRecord(for:)`` gives it where people are shown to each other.
public struct Disclosure: Sendable {
  /// Whose data is to be read.
  public enum Whose: Sendable {
    case accounts([AccountID])
    /// Members, but those whose data the requester may not read.
    case members([Membership])
    /// Subscribers, but those whose data the requester may not read.
    case subscribers([GroupSubscription])
    /// The people whom events name, and whose data they carry; those whose data the requester may not read are left out.
    case entries([AuditEntry])
    /// The people whom subjects are; those whose data the requester may not read are left out.
    case subjects([Subject])
    /// Anybody: for an operator, where nobody knows beforehand whose data it is.
    case everybody
  }

  /// The positions of the events that record it; none where people read their own data, or there was nothing to read.
  public let events: [Position]
  /// The ledger's origin.
  private let origin: String
  /// The names of the keys that may be used; nil for all.
  private let persons: Set<[UInt8]>?

  /// Leave to show people to each other without a record, for services in which the rules of access already say who sees whom:
  /// members of a group, and connectors that were let in. Never for what an operator or an auditor asks, nor for a command.
  ///
  /// ```swift
  /// let leave = Disclosure.withoutRecord(for: ledger)
  /// ```
  public static func withoutRecord(for ledger: Ledger) -> Disclosure { Disclosure([], ledger.origin, nil) }

  fileprivate init(_ events: [Position], _ origin: String, _ persons: Set<[UInt8]>?) {
    self.events = events
    self.origin = origin
    self.persons = persons
  }

  /// Whether it is leave to read a value.
  func covers(_ sealed: Sealed, in ledger: Ledger) -> Bool {
    origin == ledger.origin && persons?.contains(sealed.personBytes) ?? true
  }

  /// - Throws: `forbidden` where it is no leave to read a value.
  package func require(_ sealed: Sealed, in ledger: Ledger) throws(LedgerError) {
    guard !covers(sealed, in: ledger) else { return }
    throw LedgerError(
      Refusal(
        .forbidden, field: "disclosure", expected: "the recorded disclosure of this person's data",
        remedy: "call disclose for this person first"))
  }
}

extension Ledger {
  /// Records that personal data is about to be read, as `personal_data.revealed`, and gives the permission to read it. Reading
  /// one's own data is not recorded.
  ///
  /// ```swift
  /// let leave = try await ledger.disclose(.accounts([account]), for: "complaint 12", by: Requester.operator)
  /// if let person = try await ledger.accounts.reveal(account, under: leave) { show(person.name ?? person.subject) }
  /// ```
  ///
  /// Each account is among the subjects of an event, so that ``Audit/Filter/account(_:)`` finds who read its data; of more
  /// than 384 accounts at once, the event says the group, or at the command line everybody. Costs a commit; in person one for
  /// each 384 accounts.
  ///
  /// - Parameters:
  ///   - whose: the data that is to be read. People who were erased are left out.
  ///   - purpose: which command or call shows it: one line of at most 100 bytes, in the log for good.
  ///   - requester: who reads it, by the rules of `AccountAuthority`: an operator anybody's; an auditor and a tenant
  ///     administrator that of everybody who is no operator; everybody their own.
  ///   - context: names the operator at the command line, the reason and the ticket.
  /// - Throws: `forbidden`, `not_found`, `account_disabled`, `invalid_value`; `closed` for a ledger that is open for reading
  ///   only, which can record nothing and so shows nothing.
  public func disclose(
    _ whose: Disclosure.Whose, for purpose: String, by requester: some Requesting, context: RequestContext = .none
  ) async throws(LedgerError) -> Disclosure {
    let requester = Requester(requester)
    let wanted = try await blocking(.short) { [self] () throws(LedgerError) -> Wanted in
      try self.wanted(whose, requester)
    }
    let commands = RevealPersonalData.all(
      for: purpose, accounts: wanted.accounts.sorted(),
      persons: wanted.strangers.sorted { $0.lexicographicallyPrecedes($1) },
      group: wanted.group, isEverybody: wanted.isEverybody, requester: requester)
    let persons = wanted.isEverybody ? nil : wanted.keys
    if !wanted.isEverybody, wanted.strangers.isEmpty, wanted.accounts.allSatisfy({ $0 == requester.account }) {
      // Who reads their own data leaves no event, so nothing has to be written.
      for command in commands { try dryRun(command) }
      return Disclosure([], origin, persons)
    }
    guard log.writer != nil else {
      throw LedgerError(
        .closed,
        "disclosure: personal data is shown only once that is recorded, and the ledger is open for reading only; "
          + "open it for writing", field: "disclosure")
    }
    var events: [Position] = []
    let request = try prepare(context, by: .requester(requester))
    for command in commands { events += try await submit(command, in: request) }
    return Disclosure(events, origin, persons)
  }

  /// What a disclosure is about.
  fileprivate struct Wanted: Sendable {
    var accounts: Set<AccountID> = []
    /// The names of all keys that are to be used.
    var keys: Set<[UInt8]> = []
    /// Those among them whose account is not known.
    var strangers: Set<[UInt8]> = []
    /// The names of keys that the requester may not have used.
    var denied: Set<[UInt8]> = []
    var group: GroupID?
    var isEverybody = false
  }

  private func wanted(_ whose: Disclosure.Whose, _ requester: Requester) throws(LedgerError) -> Wanted {
    try reading { (state) throws(StateUnreadable) -> Wanted in
      var wanted = Wanted()
      switch whose {
      case .everybody: wanted.isEverybody = true
      case .accounts(let accounts): for id in accounts { try wanted.add(id, state) }
      case .members(let members):
        wanted.group = members.first?.group
        for member in members where try wanted.mayAdd(member.account, requester, state) {
          try wanted.add(member.account, member.number, state)
        }
      case .subscribers(let subscribers):
        wanted.group = subscribers.first?.group
        for subscriber in subscribers where try wanted.mayAdd(subscriber.account, requester, state) {
          try wanted.add(subscriber.account, subscriber.number, state)
        }
      case .subjects(let subjects): for subject in subjects { try wanted.add(subject, requester, state) }
      case .entries(let entries):
        for entry in entries {
          for subject in [entry.actor] + entry.subjects { try wanted.add(subject, requester, state) }
          if let object = entry.object { try wanted.add(object, requester, state) }
        }
        for entry in entries {
          for field in entry.personal where !wanted.denied.contains(field.sealed.personBytes) {
            try wanted.add(nil, field.sealed, state)
          }
        }
      }
      return wanted
    }
  }
}

extension Ledger.Wanted {
  /// The person of a subject, if the requester may read their data.
  fileprivate mutating func add(
    _ subject: Subject, _ requester: Requester, _ state: borrowing LedgerState
  ) throws(StateUnreadable) {
    guard [.account, .operator].contains(subject.kind), subject.number > 0 else { return }
    let id = AccountID(rawValue: subject.number)
    if try mayAdd(id, requester, state) { try add(id, state) }
  }

  /// Whether the requester may read the data of an account; also where nobody has an account.
  fileprivate mutating func mayAdd(
    _ id: AccountID?, _ requester: Requester, _ state: borrowing LedgerState
  ) throws(StateUnreadable) -> Bool {
    guard let id else { return true }
    guard let account = try state.account(id) else { return false }
    do throws(DecisionFailure) { try state.requireAuthority(requester, to: .reveal, account) } catch {
      if case .unreadable(let cause) = error { throw cause }
      denied.insert(account.subject.personBytes)
      return false
    }
    return true
  }

  fileprivate mutating func add(_ id: AccountID, _ state: borrowing LedgerState) throws(StateUnreadable) {
    guard accounts.insert(id).inserted, let account = try state.account(id) else { return }
    keys.insert(account.subject.personBytes)
    for phone in try state.phones(of: id) {
      if let number = try state.phone(phone)?.number { keys.insert(number.personBytes) }
    }
  }

  /// Somebody who may have an account, and something that is sealed.
  fileprivate mutating func add(
    _ account: AccountID?, _ sealed: Sealed?, _ state: borrowing LedgerState
  ) throws(StateUnreadable) {
    if let account { try add(account, state) }
    guard let sealed, keys.insert(sealed.personBytes).inserted, account == nil else { return }
    if try !state.isErased(person: sealed.personBytes) { strangers.insert(sealed.personBytes) }
  }
}
