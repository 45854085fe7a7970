public import EventLog
public import LMDB
public import LedgerCrypto
public import LedgerDomain
public import LedgerEvents

extension LogView where Reading: ~Copyable, Participant == ProjectionSet {
  /// What commands and validation read: the projections, in whatever transaction the view has. So a rule sees the same
  /// on the writer's thread, with the requests before it in the same batch, as in a snapshot.
  ///
  /// The state is valid in the closure: it reads in the view's transaction.
  ///
  /// - Parameter failure: what it means for the caller that the projections cannot be read.
  @inlinable
  package func withState<Result, Failure: Error>(
    orThrow failure: (LogError) -> Failure, _ body: (borrowing LedgerState) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    let state: LedgerState
    do throws(LogError) { state = try participant.state(in: BorrowedTransaction(transaction), log: tables) } catch {
      throw failure(error)
    }
    return try body(state)
  }
}

extension LogView where Reading == ReadTransaction, Participant == ProjectionSet {
  /// As in any view; what a snapshot saw is remembered for later ones.
  @inlinable
  package func withState<Result, Failure: Error>(
    orThrow failure: (LogError) -> Failure, _ body: (borrowing LedgerState) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    let state: LedgerState
    do throws(LogError) {
      state = try participant.snapshotState(in: BorrowedTransaction(transaction), log: tables)
    } catch {
      throw failure(error)
    }
    return try body(state)
  }
}

extension ProjectionSet {
  /// The state in the writer's transaction, to be used while that is open and until an event is applied.
  @usableFromInline
  package func state(in transaction: BorrowedTransaction, log: LogTables) throws(LogError) -> LedgerState {
    try state(in: transaction, memory.windowOfWriter, log)
  }

  /// The state in a snapshot, to be used while that is open.
  @usableFromInline
  package func snapshotState(in transaction: BorrowedTransaction, log: LogTables) throws(LogError) -> LedgerState {
    try state(in: transaction, memory.window(ofSnapshot: transaction.number), log)
  }

  @inline(__always)
  private func state(
    in transaction: BorrowedTransaction, _ window: StateMemory.Window, _ log: LogTables
  ) throws(LogError) -> LedgerState {
    let tables = try current(in: transaction)
    var clock = ClockCorrections()
    // Next to no ledger has any, so that there is none is remembered.
    if !memory.isUncorrected(in: window) {
      clock = try tables.directory.clockCorrections(in: transaction)
      if clock.isEmpty { memory.noteUncorrected(in: window) }
    }
    return LedgerState(tables, transaction, window, clock, dayCounts, log: log)
  }
}

/// The projections in one transaction. One type whatever the transaction, so that what reads it is compiled for it.
public struct LedgerState: ~Copyable, DomainReader {
  private let tables: ProjectionTables
  let transaction: BorrowedTransaction
  /// What may be believed of what was seen before; nil where nothing is.
  private let remembered: StateMemory.Window?
  /// Nil in a state of the past, which decides nothing.
  let counts: PINCountTable?
  /// Where it is looked up whether the event at a position made what no row is found of; nil in a state of the past.
  private let log: LogTables?

  /// The corrections of the clock, by which what was begun while it was ahead ends earlier than its events say.
  let clock: ClockCorrections

  init(
    _ tables: ProjectionTables, _ transaction: BorrowedTransaction, _ remembered: StateMemory.Window?,
    _ clock: ClockCorrections, _ counts: PINCountTable? = nil, log: LogTables? = nil
  ) {
    self.clock = clock
    self.remembered = remembered
    self.counts = counts
    self.log = log
    self.tables = tables
    self.transaction = transaction
  }

  var directory: Directory { tables.directory }

  @inline(__always)
  func reading<Result>(_ body: () throws(LogError) -> Result) throws(StateUnreadable) -> Result {
    do { return try body() } catch { throw StateUnreadable(error.text) }
  }

  func row<Stored: ReadableRow>(_ type: Stored.Type, _ key: DirectoryKey) throws(StateUnreadable) -> Stored? {
    try reading { () throws(LogError) in
      if let row = try directory.row(type, at: key, in: transaction) { return row }
      if case .number(let family, let number) = key, let kind = Self.kind(of: family) {
        try requireNothingMade(at: number) { EventType.creates($0, kind.rawValue) }
      }
      return nil
    }
  }

  /// That no row is found of an object says that there is none only where the event at its position made none: a damaged
  /// file may hide rows.
  private func requireNothingMade(at number: UInt64, _ isMade: (_ type: UInt16) -> Bool) throws(LogError) {
    guard let log, let stamp = try log.stamp(at: number, in: transaction), isMade(stamp.type) else { return }
    throw LogError(
      .damagedProjection, "no row is found of what this event made; verify the ledger, and rebuild the projections",
      at: number)
  }

  func id<Kind>(_ key: DirectoryKey) throws(StateUnreadable) -> ObjectID<Kind>? {
    try row(UInt64.self, key).map { ObjectID(rawValue: $0) }
  }

  @usableFromInline package func standing(of number: UInt64) throws(StateUnreadable) -> Standing? {
    try reading { () throws(LogError) in
      if var standing = try tables.validity.standing(of: number, in: transaction) {
        if !clock.isEmpty { standing.correct(by: clock, number) }
        return standing
      }
      try requireNothingMade(at: number, EventType.makesStanding)
      return nil
    }
  }

  @usableFromInline package func path(ofFamily number: UInt64) throws(StateUnreadable) -> Examination {
    guard let remembered else { return try examine(family: number) }
    return try remembered.path(ofFamily: number) { () throws(StateUnreadable) in try examine(family: number) }
  }

  @usableFromInline package func account(_ id: AccountID) throws(StateUnreadable) -> Account? {
    try row(StoredAccount.self, .number(.account, id.rawValue))?.account
  }

  @usableFromInline package func account(identity: Digest) throws(StateUnreadable) -> AccountID? {
    try id(.digest(.accountByIdentity, identity, 0))
  }

  @usableFromInline package func phone(_ id: PhoneID) throws(StateUnreadable) -> Phone? {
    try row(StoredPhone.self, .number(.phone, id.rawValue))?.phone
  }

  @usableFromInline package func phone(number: Digest) throws(StateUnreadable) -> PhoneID? {
    try id(.digest(.phoneByNumber, number, 0))
  }

  @usableFromInline package func phones(of account: AccountID) throws(StateUnreadable) -> [PhoneID] {
    try numbers(.phoneOfAccount, of: account.rawValue).map { PhoneID(rawValue: $0) }
  }

  @usableFromInline package func challenge(_ id: ChallengeID) throws(StateUnreadable) -> PINChallenge? {
    guard var challenge = try row(StoredChallenge.self, .number(.challenge, id.rawValue))?.challenge else { return nil }
    challenge.expiresAt = clock.end(challenge.expiresAt, saidAt: id.position)
    return challenge
  }

  @usableFromInline package func challenge(for number: Digest, by account: AccountID) throws(StateUnreadable)
    -> ChallengeID?
  {
    try id(.digest(.challengeByNumber, number, account.rawValue))
  }

  @usableFromInline package func lastDisablement(of account: AccountID) throws(StateUnreadable) -> UInt64 {
    try row(UInt64.self, .number(.disablement, account.rawValue)) ?? 0
  }

  @usableFromInline package func lastRevokedGrant(to connector: ConnectorID, by granter: AccountID)
    throws(StateUnreadable) -> GrantID?
  {
    try id(.pair(.revokedGrantByGranter, connector.rawValue, granter.rawValue))
  }

  @usableFromInline package func code(_ id: AuthorizationCodeID) throws(StateUnreadable) -> IssuedCode? {
    guard var code = try row(IssuedCode.self, .number(.authorizationCode, id.rawValue)) else { return nil }
    code.expiresAt = clock.end(code.expiresAt, saidAt: id.position)
    return code
  }

  @usableFromInline package func connector(_ id: ConnectorID) throws(StateUnreadable) -> Connector? {
    try row(Connector.self, .number(.connector, id.rawValue))
  }

  @usableFromInline package func connector(publicID: PublicID) throws(StateUnreadable) -> ConnectorID? {
    try id(.publicID(.connectorByPublicID, publicID))
  }

  @usableFromInline package func client(_ publicID: PublicID) throws(StateUnreadable) -> ConnectorClient? {
    guard let remembered else { return try lookUp(client: publicID) }
    return try remembered.client(publicID) { () throws(StateUnreadable) in try lookUp(client: publicID) }
  }

  @usableFromInline package func connector(named name: String, of owner: AccountID) throws(StateUnreadable)
    -> ConnectorID?
  {
    try id(Directory.key(ofConnector: name, owner: owner.rawValue))
  }

  @usableFromInline package func credentials(of connector: ConnectorID) throws(StateUnreadable) -> ConnectorCredentials?
  {
    var credentials = try row(ConnectorCredentials.self, .number(.credentials, connector.rawValue))
    credentials?.correct(by: clock)
    return credentials
  }

  @usableFromInline package func resourceServer(_ id: ResourceServerID) throws(StateUnreadable) -> ResourceServer? {
    guard var server = try row(ResourceServer.self, .number(.resourceServer, id.rawValue)) else { return nil }
    server.previousUntil = clock.end(server.previousUntil, saidAt: server.secret.position)
    return server
  }

  @usableFromInline package func resourceServer(publicID: PublicID) throws(StateUnreadable) -> ResourceServerID? {
    try id(.publicID(.resourceServerByPublicID, publicID))
  }

  @usableFromInline package func resourceServer(audience: String) throws(StateUnreadable) -> ResourceServerID? {
    try id(Directory.key(ofAudience: audience))
  }

  @usableFromInline package func group(_ id: GroupID) throws(StateUnreadable) -> Group? {
    try row(Group.self, .number(.group, id.rawValue))
  }

  @usableFromInline package func group(publicID: PublicID) throws(StateUnreadable) -> GroupID? {
    try id(.publicID(.groupByPublicID, publicID))
  }

  @usableFromInline package func membership(_ id: MembershipID) throws(StateUnreadable) -> Membership? {
    var membership = try row(StoredMembership.self, .number(.membership, id.rawValue))?.membership
    if let addedAt = membership?.addedAt { membership?.addedAt = clock.end(addedAt, saidAt: id.position) }
    return membership
  }

  @usableFromInline package func membership(of account: AccountID, in group: GroupID) throws(StateUnreadable)
    -> MembershipID?
  {
    try id(.pair(.membershipByAccount, group.rawValue, account.rawValue))
  }

  @usableFromInline package func membership(number: Digest, in group: GroupID) throws(StateUnreadable) -> MembershipID?
  {
    try id(.digest(.membershipByNumber, number, group.rawValue))
  }

  @usableFromInline package func memberships(number: Digest) throws(StateUnreadable) -> [MembershipID] {
    try reading { () throws(LogError) in
      var memberships: [MembershipID] = []
      let rows = directory.rows
      try stored { () throws(LMDBError) in
        try rows.forEach(
          from: .digest(.membershipByNumber, number, 0), below: .digest(.membershipByNumber, number, .max),
          in: transaction
        ) { _, bytes in
          if let number = UInt64(decoding: bytes) { memberships.append(MembershipID(rawValue: number)) }
          return .continue
        }
      }
      // The keys are in the order of the groups.
      return memberships.sorted()
    }
  }

  @usableFromInline package func subgroups(of group: GroupID) throws(StateUnreadable) -> [GroupID] {
    try numbers(.subgroup, of: group.rawValue).map { GroupID(rawValue: $0) }
  }

  @usableFromInline package func parents(of group: GroupID) throws(StateUnreadable) -> [GroupID] {
    try numbers(.parentOfGroup, of: group.rawValue).map { GroupID(rawValue: $0) }
  }

  @usableFromInline package func grant(_ id: GrantID) throws(StateUnreadable) -> Grant? {
    try row(Grant.self, .number(.grant, id.rawValue))
  }

  @usableFromInline package func grant(
    to connector: ConnectorID, group: GroupID?, granter: AccountID
  ) throws(StateUnreadable) -> GrantID? {
    try id(Directory.key(ofGrantTo: connector, group: group, granter: granter))
  }

  // MARK: Lists

  func numbers(
    _ family: DirectoryKey.Family, of first: UInt64, limit: Int = .max
  ) throws(StateUnreadable) -> [UInt64] {
    try reading { () throws(LogError) in try directory.numbers(family, of: first, limit: limit, in: transaction) }
  }

  /// The connectors that an account has created, oldest first, deleted ones included.
  package func connectors(of owner: AccountID) throws(StateUnreadable) -> [ConnectorID] {
    try numbers(.connectorOfOwner, of: owner.rawValue).map { ConnectorID(rawValue: $0) }
  }

  /// The grants of a group that are not revoked, oldest first.
  package func grants(of group: GroupID) throws(StateUnreadable) -> [GrantID] {
    try numbers(.grantOfGroup, of: group.rawValue).map { GrantID(rawValue: $0) }
  }

  /// The grants that an account gave and that are not revoked, oldest first.
  package func grants(by granter: AccountID) throws(StateUnreadable) -> [GrantID] {
    try numbers(.grantOfGranter, of: granter.rawValue).map { GrantID(rawValue: $0) }
  }

  /// The grants to a connector that are not revoked, oldest first.
  ///
  /// - Parameter limit: how many at most; those of groups come before those of persons then, and the oldest are not all there.
  package func grants(to connector: ConnectorID, limit: Int = .max) throws(StateUnreadable) -> [GrantID] {
    var grants: [GrantID] = []
    for group in try numbers(.grantByGroup, of: connector.rawValue, limit: limit) {
      if let grant: GrantID = try id(.pair(.grantByGroup, connector.rawValue, group)) { grants.append(grant) }
    }
    for granter in try numbers(.grantByGranter, of: connector.rawValue, limit: limit - grants.count) {
      if let grant: GrantID = try id(.pair(.grantByGranter, connector.rawValue, granter)) { grants.append(grant) }
    }
    return grants.sorted { $0.rawValue < $1.rawValue }
  }
}
