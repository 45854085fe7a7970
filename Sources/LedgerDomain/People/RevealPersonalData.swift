package import LedgerEvents

/// Records whose personal data is about to be shown, to whom and for what. Nothing is shown before the event is durable.
///
/// An event names at most six accounts, so that each is among its record's subjects: the audit trail of an account finds
/// every event that names it. More accounts take more events, up to ``eventLimit``. A larger number is recorded as the
/// whole group or as everybody, unless it is taken apart: see ``all(for:accounts:persons:group:isEverybody:requester:)``.
package struct RevealPersonalData: Command {
  /// How many events one reading makes at most.
  static let eventLimit = 64
  /// How many accounts an event names at most.
  static let accountsOfEvent = 6
  /// How many keys of persons without a known account an event names at most.
  static let personsOfEvent = 64

  /// Which command or call shows it, such as "account show": one line of at most 100 bytes.
  package var purpose: String
  package var accounts: [AccountID]
  /// Names of the keys, 16 bytes each, of persons whose account is not known.
  package var persons: [[UInt8]]
  /// The group whose people are shown.
  package var group: GroupID?
  /// Whether anybody's data may be shown.
  package var isEverybody: Bool
  package var requester: Requester

  package init(
    for purpose: String, accounts: [AccountID] = [], persons: [[UInt8]] = [], group: GroupID? = nil,
    isEverybody: Bool = false, requester: Requester
  ) {
    self.purpose = purpose
    self.accounts = accounts
    self.persons = persons
    self.group = group
    self.isEverybody = isEverybody
    self.requester = requester
  }

  /// The readings of some people's data. In person each account is named, in as many readings as that takes: somebody who may
  /// not read everybody's data may well read that of many.
  package static func all(
    for purpose: String, accounts: [AccountID], persons: [[UInt8]], group: GroupID?, isEverybody: Bool,
    requester: Requester
  ) -> [RevealPersonalData] {
    let whole = RevealPersonalData(
      for: purpose, accounts: accounts, persons: persons, group: group, isEverybody: isEverybody, requester: requester)
    guard requester.account != nil, group == nil, !isEverybody else { return [whole] }
    let (ofAccounts, ofPersons) = (eventLimit * accountsOfEvent, eventLimit * personsOfEvent)
    let count = max(
      1, (accounts.count + ofAccounts - 1) / ofAccounts, (persons.count + ofPersons - 1) / ofPersons)
    return (0..<count).map { index in
      var part = whole
      part.accounts = Array(accounts.dropFirst(index * ofAccounts).prefix(ofAccounts))
      part.persons = Array(persons.dropFirst(index * ofPersons).prefix(ofPersons))
      return part
    }
  }

  package func decide(
    _ state: borrowing some DomainReader & ~Copyable, _ context: DecisionContext
  ) throws(DecisionFailure) -> Decision {
    let purpose = try purpose.recordedLine("purpose", bytes: 100)
    if case .connector = requester { throw .administratorRequired }
    try state.requireActive(requester)
    var others: [AccountID] = []
    for id in Set(accounts).sorted() {
      guard let known = try read(state.account(id)) else {
        throw .refused(.notFound, field: "account", expected: "a registered account")
      }
      guard !known.isErased else { continue }
      try state.requireAuthority(requester, to: .reveal, known)
      // People who read their own data leave no event.
      if requester.account != id { others.append(id) }
    }
    var strangers: [[UInt8]] = []
    for person in persons where try !read(state.isErased(person: person)) { strangers.append(person) }
    if isEverybody || !strangers.isEmpty { try requireReader(isEverybody, state) }
    guard isEverybody || !others.isEmpty || !strangers.isEmpty else { return Decision(by: requester) }
    return Decision(by: requester, events: try events(purpose, others, strangers, state))
  }

  /// Those who may read the data of people without an account, or of everybody.
  private func requireReader(
    _ isEverybody: Bool, _ state: borrowing some DomainReader & ~Copyable
  ) throws(DecisionFailure) {
    guard try !state.isOperator(requester) else { return }
    guard !isEverybody else { throw .operatorRequired }
    let role = try requester.account.flatMap { (id) throws(DecisionFailure) in try read(state.account(id)) }?.role
    guard role == .tenantAdmin || role == .auditor else { throw .administratorRequired }
  }

  private func events(
    _ purpose: String, _ accounts: [AccountID], _ persons: [[UInt8]], _ state: borrowing some DomainReader & ~Copyable
  ) throws(DecisionFailure) -> [LedgerEvent] {
    var event = PersonalDataRevealed()
    event.purpose = purpose
    event.group = group?.rawValue ?? 0
    let count = max(
      (accounts.count + Self.accountsOfEvent - 1) / Self.accountsOfEvent,
      (persons.count + Self.personsOfEvent - 1) / Self.personsOfEvent)
    guard !isEverybody, count <= Self.eventLimit else {
      if group == nil || isEverybody { try requireReader(true, state) }
      event.everybody = group == nil || isEverybody
      return [.personalDataRevealed(event)]
    }
    return (0..<count).map { index in
      var part = event
      part.accounts = accounts.dropFirst(index * Self.accountsOfEvent).prefix(Self.accountsOfEvent).map(\.rawValue)
      part.persons = persons.dropFirst(index * Self.personsOfEvent).prefix(Self.personsOfEvent).map { .init($0) }
      return .personalDataRevealed(part)
    }
  }

  /// The positions of the events.
  package func outcome(of recorded: RecordedEvents) -> [Position] {
    recorded.events.indices.map { recorded.first + UInt64($0) }
  }
}
