public import LedgerCrypto
public import LedgerDomain
public import LedgerEvents

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

  public func challenges(_ scope: PINScope, newest limit: Int) throws(StateUnreadable) -> [PINChallenge] {
    if let failure { throw failure }
    let found = challenges.values.filter { challenge in
      switch scope {
      case .number(let number): isReadable(challenge.number) && keyedHashes.number(challenge.number) == number
      case .account(let account): challenge.account == account
      }
    }
    return Array(found.sorted { $0.id > $1.id }.prefix(limit))
  }

  public func number(of phone: PhoneID) throws(StateUnreadable) -> Digest? {
    if let failure { throw failure }
    return phones[phone].flatMap { isReadable($0.number) ? keyedHashes.number($0.number) : nil }
  }

  public func person(ofNumber number: Digest) throws(StateUnreadable) -> [UInt8]? {
    if let failure { throw failure }
    let places =
      memberships.values.map { ($0.id.rawValue, $0.number) } + subscriptions.values.map { ($0.id.rawValue, $0.number) }
    return places.sorted { $0.0 < $1.0 }.compactMap(\.1)
      .last { isReadable($0) && keyedHashes.number($0) == number }?.personBytes
  }

  public func tenantAdmins() throws(StateUnreadable) -> [AccountID] {
    if let failure { throw failure }
    return accounts.values.filter { $0.role == .tenantAdmin }.map(\.id).sorted()
  }

  public func recordedSigningKey() throws(StateUnreadable) -> [UInt8]? {
    if let failure { throw failure }
    return signingKey
  }

  static func scopes(of role: AccountRole) -> Scopes {
    role == .tenantAdmin
      ? .all
      : Scopes(
        rawValue: Scopes.all.rawValue & ~Scopes.tenantRead.rawValue & ~Scopes.tenantWrite.rawValue & ~Scopes
          .tenantRemove.rawValue)
  }

  public func isErased(person: [UInt8]) throws(StateUnreadable) -> Bool {
    if let failure { throw failure }
    return erased.contains(person)
  }
}
