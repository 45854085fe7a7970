package import LedgerCrypto
package import LedgerDomain
package import LedgerEvents

extension ModelState: DomainReader {
  package func standing(of number: UInt64) throws(StateUnreadable) -> Standing? {
    try readable()
    return standings[number]
  }

  package func account(_ id: AccountID) throws(StateUnreadable) -> Account? {
    try readable()
    return accounts[id]
  }

  package func account(identity: Digest) throws(StateUnreadable) -> AccountID? {
    try readable()
    return accounts.values.first { keyedHashes.identity($0.issuer, $0.subject) == identity }?.id
  }

  package func phone(_ id: PhoneID) throws(StateUnreadable) -> Phone? {
    try readable()
    return phones[id]
  }

  package func phone(number: Digest) throws(StateUnreadable) -> PhoneID? {
    try readable()
    return phones.values.first { !$0.isRemoved && keyedHashes.number($0.number) == number }?.id
  }

  package func phones(of account: AccountID) throws(StateUnreadable) -> [PhoneID] {
    try readable()
    return phones.values.filter { $0.account == account && !$0.isRemoved }.map(\.id).sorted()
  }

  package func challenge(_ id: ChallengeID) throws(StateUnreadable) -> PINChallenge? {
    try readable()
    return challenges[id]
  }

  package func challenge(for number: Digest, by account: AccountID) throws(StateUnreadable) -> ChallengeID? {
    try readable()
    return challenges.values.filter { $0.account == account && keyedHashes.number($0.number) == number }.map(\.id).max()
  }

  package func lastDisablement(of account: AccountID) throws(StateUnreadable) -> UInt64 {
    try readable()
    return disablements[account] ?? 0
  }

  package func lastRevokedGrant(to connector: ConnectorID, by granter: AccountID) throws(StateUnreadable) -> GrantID? {
    try readable()
    return grants.values.filter {
      $0.isRevoked && $0.group == nil && $0.connector == connector && $0.granter == granter
    }.map(\.id).max()
  }

  package func code(_ id: AuthorizationCodeID) throws(StateUnreadable) -> IssuedCode? {
    try readable()
    return codes[id]
  }

  package func resourceServer(_ id: ResourceServerID) throws(StateUnreadable) -> ResourceServer? {
    try readable()
    return resourceServers[id]
  }

  package func resourceServer(publicID: PublicID) throws(StateUnreadable) -> ResourceServerID? {
    try readable()
    return resourceServers.values.first { $0.publicID == publicID }?.id
  }

  package func resourceServer(audience: String) throws(StateUnreadable) -> ResourceServerID? {
    try readable()
    return resourceServers.values.first { $0.audience == audience && !$0.isDeleted }?.id
  }

  package func connector(_ id: ConnectorID) throws(StateUnreadable) -> Connector? {
    try readable()
    return connectors[id]
  }

  package func connector(publicID: PublicID) throws(StateUnreadable) -> ConnectorID? {
    try readable()
    return connectors.values.first { $0.publicID == publicID }?.id
  }

  package func connector(named name: String, of owner: AccountID) throws(StateUnreadable) -> ConnectorID? {
    try readable()
    // By bytes: to Swift two spellings of an accented letter are equal.
    return connectors.values.first {
      $0.owner == owner && !$0.isDeleted && $0.details.name.utf8.elementsEqual(name.utf8)
    }?.id
  }

  package func credentials(of connector: ConnectorID) throws(StateUnreadable) -> ConnectorCredentials? {
    try readable()
    return credentials[connector]
  }

  package func grant(_ id: GrantID) throws(StateUnreadable) -> Grant? {
    try readable()
    return grants[id]
  }

  package func grant(
    to connector: ConnectorID, group: GroupID?, granter: AccountID
  ) throws(StateUnreadable) -> GrantID? {
    try readable()
    return grants.values.first {
      $0.connector == connector && $0.group == group && !$0.isRevoked && (group != nil || $0.granter == granter)
    }?.id
  }

  func currentMembership(of account: AccountID, in group: GroupID) -> MembershipID? {
    memberships.values.first { $0.group == group && $0.account == account && !$0.isRemoved }?.id
  }

  func readable() throws(StateUnreadable) {
    if let failure { throw failure }
  }
}
