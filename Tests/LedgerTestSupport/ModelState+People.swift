package import LedgerCrypto
package import LedgerDomain
package import LedgerEvents

extension ModelState {
  mutating func erase(_ event: SubjectErased, _ position: UInt64) {
    let person = Array(event.person)
    erased.insert(person)
    let account = AccountID(rawValue: event.account)
    accounts[account]?.isErased = true
    accounts[account]?.isDisabled = true
    if standings[event.account]?.stoppedBy == 0 { stop(event.account, by: position) }
    for (id, phone) in phones where phone.number.personBytes == person { phones[id]?.isRemoved = true }
    for (id, challenge) in challenges where challenge.number.personBytes == person { challenges[id]?.isClosed = true }
  }

  private func isReadable(_ sealed: Sealed) -> Bool { !erased.contains(sealed.personBytes) }

  /// Counts an ask for a PIN, or a wrong one. Nothing takes it back, the erasure of a person included.
  mutating func count(_ event: LedgerEvent, _ time: Timestamp) {
    var scopes: Set<DayCountScope> = [.everybody]
    switch event {
    case .phonePINRequested(let event):
      let number = keyedHashes.number(event.number)
      scopes.insert(.number(number))
      if event.unauthenticated { scopes.formUnion([.strangers, .numberByStrangers(number)]) }
      if event.connector != 0, !event.unauthenticated {
        scopes.insert(.connector(ConnectorID(rawValue: event.connector)))
      }
      if event.connector == 0, let account = accounts[AccountID(rawValue: event.account)] {
        scopes.insert(.identity(keyedHashes.identity(account.issuer, account.subject)))
      }
    case .phonePINWithheld(let event):
      scopes.insert(event.unauthenticated ? .strangers : .connector(ConnectorID(rawValue: event.connector)))
    case .phonePINRejected(let event):
      guard let challenge = challenges[ChallengeID(rawValue: event.challenge)] else { break }
      scopes.insert(.number(keyedHashes.number(challenge.number)))
      if let connector = challenge.connector { scopes.insert(.connector(connector)) }
    default: return
    }
    var isFailure = false
    if case .phonePINRejected = event { isFailure = true }
    counted.append((time, isFailure, scopes))
  }

  /// Counts a person who erased itself: the model is not told who caused an event.
  package mutating func countSelfErasure(at time: Timestamp) { counted.append((time, false, [.selfErasures])) }

  package func dayCounts(_ scope: DayCountScope, after moment: Timestamp) throws(StateUnreadable) -> DayCounts {
    if let failure { throw failure }
    let found = counted.filter { $0.time > moment && $0.scopes.contains(scope) }
    return DayCounts(asks: found.count { !$0.isFailure }, failures: found.count { $0.isFailure })
  }

  package func identity(of account: AccountID) throws(StateUnreadable) -> Digest? {
    if let failure { throw failure }
    return accounts[account].flatMap {
      isReadable($0.subject) ? keyedHashes.identity($0.issuer, $0.subject) : nil
    }
  }

  package func number(of phone: PhoneID) throws(StateUnreadable) -> Digest? {
    if let failure { throw failure }
    return phones[phone].flatMap { isReadable($0.number) ? keyedHashes.number($0.number) : nil }
  }

  package func person(ofNumber number: Digest) throws(StateUnreadable) -> [UInt8]? {
    if let failure { throw failure }
    let places =
      memberships.values.map { ($0.id.rawValue, $0.number) } + subscriptions.values.map { ($0.id.rawValue, $0.number) }
    return places.sorted { $0.0 < $1.0 }.compactMap(\.1)
      .last { isReadable($0) && keyedHashes.number($0) == number }?.personBytes
  }

  package func tenantAdmins() throws(StateUnreadable) -> [AccountID] {
    if let failure { throw failure }
    return accounts.values.filter { $0.role == .tenantAdmin }.map(\.id).sorted()
  }

  package func operators() throws(StateUnreadable) -> [AccountID] {
    if let failure { throw failure }
    return accounts.values.filter { $0.role == .operator }.map(\.id).sorted()
  }

  package func oversight() throws(StateUnreadable) -> Oversight {
    if let failure { throw failure }
    return rules
  }

  package func recordedSigningKey() throws(StateUnreadable) -> [UInt8]? {
    if let failure { throw failure }
    return signingKey
  }

  package func recordedKeys(for purpose: KeyPurpose) throws(StateUnreadable) -> KeyNumbers? {
    if let failure { throw failure }
    return keyNumbers[purpose]
  }

  static func scopes(of role: AccountRole) -> Scopes {
    role == .tenantAdmin
      ? .all
      : Scopes(
        rawValue: Scopes.all.rawValue & ~Scopes.tenantRead.rawValue & ~Scopes.tenantWrite.rawValue & ~Scopes
          .tenantRemove.rawValue)
  }

  package func isErased(person: [UInt8]) throws(StateUnreadable) -> Bool {
    if let failure { throw failure }
    return erased.contains(person)
  }
}
