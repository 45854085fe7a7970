import EventLog
import Glibc
import LMDB
import LedgerCrypto
import LedgerDomain
import LedgerEvents
import LedgerTestSupport
import Testing

@testable import Projections

/// The rows of the projections, and of what lies beside the log, are stored as they always were: a row of each kind, held
/// against a file for each table.
///
/// Where a change is meant, the schema version of its projection is raised, the file removed and written anew with
/// `CREDLEDGER_WRITE_GOLDEN=1` in the environment. What lies beside the log has no version: its bytes never change.
@Suite("Rows as they are stored") struct GoldenRowTests {
  private static let time = Timestamp(milliseconds: 1_700_000_000_123)

  /// A row by name, with the bytes of its key and its value.
  private typealias Stored = (name: String, key: [UInt8], value: [UInt8])

  private func expect(_ table: String, _ rows: [Stored], at location: SourceLocation = #_sourceLocation) throws {
    let lines = rows.map { "\($0.name) \(Hex.encode($0.key)) \(Hex.encode($0.value))" }
    let path =
      String(#filePath.prefix(upTo: #filePath.lastIndex(of: "/") ?? #filePath.startIndex)) + "/Golden/\(table).rows"
    if unsafe getenv("CREDLEDGER_WRITE_GOLDEN") != nil, let file = unsafe fopen(path, "wx") {
      for line in lines { unsafe fputs("\(line)\n", file) }
      unsafe fclose(file)
    }
    let file = unsafe try #require(fopen(path, "r"), "\(path) is missing", sourceLocation: location)
    defer { unsafe fclose(file) }
    var text: [UInt8] = []
    while case let byte = unsafe getc(file), byte != EOF { text.append(UInt8(truncatingIfNeeded: byte)) }
    let kept = String(decoding: text, as: UTF8.self).split(separator: "\n").map(String.init)
    #expect(lines.count == kept.count, "\(table)", sourceLocation: location)
    for (line, old) in zip(lines, kept) { #expect(line == old, "\(table)", sourceLocation: location) }
  }

  private func bytes<Codec: KeyCodec>(_ key: Codec.Key, _: Codec.Type) -> [UInt8] {
    bytes(Codec.byteCount(of: key)) { Codec.encode(key, into: &$0) }
  }

  private func bytes<Codec: ValueCodec>(_ value: Codec.Value, of _: Codec.Type) -> [UInt8] {
    bytes(Codec.byteCount(of: value)) { Codec.encode(value, into: &$0) }
  }

  private func bytes(_ count: Int, _ encode: (inout OutputRawSpan) -> Void) -> [UInt8] {
    unsafe [UInt8](unsafeUninitializedCapacity: count) { buffer, initialized in
      let place = unsafe UnsafeMutableRawBufferPointer(rebasing: UnsafeMutableRawBufferPointer(buffer)[..<count])
      var output = unsafe OutputRawSpan(buffer: place, initializedCount: 0)
      encode(&output)
      initialized = unsafe output.finalize(for: place)
    }
  }

  @Test("the directory, in version 15")
  func directory() throws {
    #expect(Directory.schemaVersion == 15)
    let rows: [(DirectoryKey, any Row)] = Self.people + Self.access + Self.indexes
    try expect(
      "directory",
      rows.map { key, row in ("\(key.family)", bytes(key, DirectoryKeyCodec.self), row.encoded) })
    // Each family is there.
    let missing = Set(DirectoryKey.Family.allCases).subtracting(rows.map(\.0.family))
    #expect(missing.isEmpty, "\(missing)")
  }

  private static var people: [(DirectoryKey, any Row)] {
    let account = Account(
      id: AccountID(rawValue: 2), issuer: "https://id.example.org", subject: .fake("subject"), name: .fake("name"),
      email: nil, role: .tenantAdmin, isDisabled: true, isDisabledByOperator: true, registeredAt: time,
      isErased: true)
    let challenge = PINChallenge(
      id: ChallengeID(rawValue: 3), account: account.id, number: .fake("number"),
      salt: [UInt8](repeating: 7, count: 16), digest: .of("pin"), expiresAt: time, failures: 2,
      isClosed: true, connector: ConnectorID(rawValue: 300))
    let phone = Phone(id: PhoneID(rawValue: 4), account: account.id, number: .fake("number"), isRemoved: true)
    return [
      (.number(.account, 2), StoredAccount(account, identity: .of("identity"))),
      (.number(.phone, 4), StoredPhone(phone, number: nil)),
      (.number(.challenge, 3), StoredChallenge(challenge, number: .of("number"))),
      (.number(.signingKey, 1), SigningKeyRow(key: .of("key"))),
      (.number(.clockCorrection, 7), ClockCorrection(position: 7, to: time, first: 5, ahead: 3_600_000)),
      (.number(.keyNumbers, 3), KeyNumbers(oldest: 2, newest: 300)),
      (.number(.operatorAccount, 2), EmptyRow()),
      (.number(.oversight, 0), Oversight(namesOperators: true, guarded: [.erasure, .restore])),
      (
        .number(.proposal, 8),
        ChangeProposal(
          id: ProposalID(rawValue: 8), kind: .roles, request: .of("request"), words: "give account:2 the role auditor",
          proposer: AccountID(rawValue: 300), approver: AccountID(rawValue: 301), account: account.id,
          status: .approved,
          proposedAt: time, expiresAt: time + .seconds(259_200))
      ),
      (.publicID(.erasedPerson, .fake(9)), UInt64(2)), (.person(.rowOfPerson, .fake(9), 40), UInt64(40)),
      (.person(.searchTerm, .fake(5), 258), UInt64(3)),
      (.number(.termsOfObject, 258), SearchTermsRow([.fake(5), .fake(6)])),
      (.number(.eventCount, 60), UInt64(300)),
      (.digest(.personByNumber, .of("number"), 40), PersonRow(.fake(9))),
    ]
  }

  private static var access: [(DirectoryKey, any Row)] {
    let details = ConnectorDetails.fake { $0.redirectUris = ["https://client.example.org/callback"] }
    let connector = Connector(
      id: ConnectorID(rawValue: 8), publicID: .fake(1), owner: AccountID(rawValue: 2), details: details,
      approvedScopes: [.tenantRead], isDeleted: false, createdAt: time, setBy: 9, deactivatedBy: 300,
      isDeactivatedByAdministrator: true)
    let credentials = ConnectorCredentials(
      current: SecretID(rawValue: 9), currentDigest: .of("secret"), previous: SecretID(rawValue: 8),
      previousDigest: .of("old"), previousUntil: time, accessTokenLifetime: 3_600, refreshTokenLifetime: 86_400,
      rotation: .always, isInactive: true)
    let group = Group(
      id: GroupID(rawValue: 10), publicID: .fake(2), name: "Field team", kind: .connectGroup, welcomeMessage: "Hello",
      isDeleted: true, memberCount: 300, adminCount: 2, createdAt: time, subscriberCount: 5)
    let membership = Membership(
      id: MembershipID(rawValue: 11), group: group.id, account: nil, number: .fake("number"), role: .admin,
      isRemoved: false, addedAt: time)
    let grant = Grant(
      id: GrantID(rawValue: 12), connector: connector.id, granter: AccountID(rawValue: 2), group: group.id,
      scopes: .all, family: FamilyID(rawValue: 13), isRevoked: true, grantedAt: time)
    var hook = WebhookDetails()
    hook.eventTypes = ["TextMessageCreated"]
    hook.callbackURL = .fake("url")
    hook.callbackToken = .fake("token")
    hook.callbackContext = .fake("context")
    hook.expiresAt = time.milliseconds
    let webhook = Webhook(
      id: WebhookID(rawValue: 15), publicID: .fake(3), connector: connector.id, grant: grant.id, family: grant.family,
      object: .action("a-1", in: group.id), details: hook, isActive: false, isDeleted: true, stoppedBy: 16,
      registeredAt: time)
    let code = IssuedCode(
      id: AuthorizationCodeID(rawValue: 17), connector: connector.id, account: AccountID(rawValue: 2),
      redirectURI: "https://client.example.org/callback", scopes: [.mediaRead], challenge: .of("verifier"),
      digest: .of("code"),
      expiresAt: time, family: FamilyID(rawValue: 18), audiences: Audiences(1, 20, 0), keyThumbprint: .of("key"))
    let server = ResourceServer(
      id: ResourceServerID(rawValue: 20), publicID: .fake(4), name: "Archive", audience: "https://archive.example.org",
      secret: SecretID(rawValue: 21), digest: .of("new"), previousSecret: SecretID(rawValue: 20),
      previousDigest: .of("old"), previousUntil: time, isDeleted: true, createdAt: time)
    let subscription = GroupSubscription(
      id: SubscriptionID(rawValue: 19), group: group.id, account: AccountID(rawValue: 2), number: .fake("number"),
      isRemoved: false)
    return [
      (.number(.connector, 8), connector), (.number(.credentials, 8), credentials), (.number(.group, 10), group),
      (.number(.membership, 11), StoredMembership(membership, number: .of("number"))), (.number(.grant, 12), grant),
      (.number(.webhook, 15), webhook), (.number(.authorizationCode, 17), code),
      (.number(.resourceServer, 20), server),
      (.number(.subscription, 19), StoredSubscription(subscription, number: nil)),
      (.pair(.membershipOfGroup, 10, 11), PlaceRow(account: 2, role: .admin, person: nil)),
      (.pair(.subscriptionOfGroup, 10, 19), PlaceRow(account: 0, role: .unspecified, person: .fake(9))),
    ]
  }

  private static var indexes: [(DirectoryKey, any Row)] {
    let digests: [DirectoryKey.Family] = [
      .accountByIdentity, .phoneByNumber, .challengeByNumber, .connectorByName, .membershipByNumber,
      .subscriptionByNumber, .resourceServerByAudience,
    ]
    let pairs: [DirectoryKey.Family] = [
      .membershipByAccount, .groupOfAccount, .grantByGroup, .grantByGranter, .revokedGrantByGranter,
      .subscriptionByAccount, .subscriptionOfAccount,
    ]
    let marks: [DirectoryKey.Family] = [
      .phoneOfAccount, .connectorOfOwner, .subgroup, .parentOfGroup, .grantOfGroup,
      .grantOfGranter, .webhookOfConnector, .webhookOfGrant,
    ]
    return digests.map { (.digest($0, .of("key"), 5), UInt64(300)) } + pairs.map { (.pair($0, 258, 5), UInt64(300)) }
      + marks.map { (.pair($0, 258, 5), EmptyRow()) }
      + [
        (.digest(.challengeOfNumber, .of("key"), 5), EmptyRow()),
        (.digest(.webhookOfObject, .of("key"), 5), EmptyRow()),
        (.number(.tenantAdmin, 258), EmptyRow()), (.number(.disablement, 258), UInt64(300)),
        (.publicID(.connectorByPublicID, .fake(1)), UInt64(300)), (.publicID(.groupByPublicID, .fake(1)), UInt64(300)),
        (.publicID(.webhookByPublicID, .fake(1)), UInt64(300)),
        (.publicID(.resourceServerByPublicID, .fake(1)), UInt64(300)),
        (
          .number(.eventNamespace, 45),
          EventNamespace(
            id: EventNamespaceID(rawValue: 45), name: "com.example.billing", eventTypes: ["invoice.paid", "sent"],
            registeredAt: time)
        ),
        (.digest(.eventNamespaceByName, .of("name"), 0), UInt64(45)),
      ]
  }

  @Test("validity")
  func validity() throws {
    let credential = Standing.Credential(
      digest: .of("token"), expiresAt: Self.time, successor: 300, acceptedUntil: Self.time)
    var connector = Standing(.connector, scopes: .all, on: 2)
    (connector.stoppedBy, connector.floor) = (301, 302)
    connector.ownTokensStoppedBy = 299
    var bound = Standing(.token, scopes: .all, on: 8, credential: credential)
    bound.audiences = Audiences(1, 20, 0)
    bound.credential?.keyThumbprint = .of("key")
    let standings: [(String, UInt64, Standing)] = [
      ("account", 2, Standing(.account)), ("connector", 8, connector),
      ("grant", 12, Standing(.grant, scopes: .all, on: 8, 2, 11, 4)),
      ("family", 13, Standing(.family, on: 12, credential: credential)),
      ("token", 300, Standing(.token, scopes: .all, on: 13, credential: .init(digest: .of("t"), expiresAt: Self.time))),
      ("bound", 303, bound),
    ]
    try expect(
      "validity",
      standings.map { ($0.0, bytes($0.1, PositionKey.self), bytes($0.2, of: StandingCodec.self)) })
  }

  @Test("the audit trail")
  func audit() throws {
    let run = AuditRun(first: 1_025, last: 2_048, tier: 1, number: 7, blockCount: 3, byteCount: 5_000)
    var writer = AuditBlockWriter(run: 7, first: 1_025)
    let entries = (1_025...1_030 as ClosedRange<UInt64>).flatMap { position in
      [
        AuditIndexEntry(term: .actor(LogSubject(kind: 1, number: 2)), position: position),
        AuditIndexEntry(term: .subject(LogSubject(kind: 6, number: position)), position: position),
        AuditIndexEntry(term: .type(60), position: position),
      ]
    }
    for entry in entries.sorted() { writer.append(entry) }
    writer.finish()
    let blocks = writer.take().map { block in
      (
        "block", bytes(block.key, AuditBlockKey.self),
        bytes(block.byteCount) { output in
          block.end.encode(into: &output)
          unsafe output.append(block.entries.span.bytes)
        }
      )
    }
    try expect("audit", [("run", bytes(run.first, PositionKey.self), bytes(run, of: AuditRunRow.self))] + blocks)
  }

  @Test("what waits for webhooks, and last uses")
  func besideTheLog() throws {
    let delivery = StoredDelivery(
      eventType: "TextMessageCreated", eventID: "m-1", enqueuedAt: Self.time.milliseconds, box: [1, 2, 3])
    let lane = DeliveryLane(attempts: 3, due: Self.time.milliseconds, count: 258, byteCount: 70_000)
    let totals = DeliveryTotals(newest: 300, count: 258, byteCount: 70_000)
    let schedule = DeliveryTables.key(Self.time.milliseconds, WebhookID(rawValue: 15))
    try expect(
      "deliveries",
      [
        ("lane", bytes(15, PositionKey.self), bytes(lane, of: DeliveryLane.self)),
        ("delivery", bytes((15, 300), PairKey.self), delivery.encoded),
        ("schedule", bytes(schedule, PairKey.self), []),
        ("totals", bytes(DeliveryTables.totalsKey, PositionKey.self), bytes(totals, of: DeliveryTotals.self)),
      ])
    var uses = LastUseBlock()
    uses.note(LastUse(token: TokenID(rawValue: 300), minute: 28_333_333))
    var counts = PINCountRow()
    counts.add(DayCounts(asks: 1), at: Self.time, granularity: 1)
    counts.add(DayCounts(failures: 2), at: Self.time + .seconds(60), granularity: 1)
    let scopes: [DayCountScope] = [
      .number(.of("number")), .numberByStrangers(.of("number")), .identity(.of("identity")),
      .connector(ConnectorID(rawValue: 300)), .strangers, .everybody,
    ]
    let age = PINCountAge(time: Self.time, scopes: scopes.map(\.key))
    try expect(
      "pin-counts",
      scopes.map { ("counts", bytes($0.key, BytesKey.self), counts.encoded) }
        + [("age", bytes(300, PositionKey.self), age.encoded)])
    try expect("last-use", [("block", bytes(300 / 64, PositionKey.self), bytes(uses, of: LastUseBlock.self))])
  }

  @Test("how far projections, snapshots and replays have come")
  func cursors() throws {
    let checkpoint = ProjectionCheckpoint(schemaVersion: 5 << 32 | 2 << 16 | 3, position: 300, set: 1)
    try expect(
      "projections",
      [
        ("live", ProjectionSet.checkpointKey, bytes(checkpoint, of: ProjectionCheckpoint.self))
      ])
    let summed = ProjectionCheckpoint(
      schemaVersion: 5 << 32 | 3 << 16 | 3, position: 300, set: 1,
      sums: TableSums(directory: 0x0102_0304_0506_0708, validity: 9), damaged: .validity)
    try expect(
      "projections-summed",
      [
        ("live", ProjectionSet.checkpointKey, bytes(summed, of: ProjectionCheckpoint.self))
      ])
    let entry = SnapshotEntry(
      position: 300, schemaVersion: 5, erasedCount: 2, recordedAt: Self.time.milliseconds, rowCount: 40,
      root: .of("root"), digest: .of("digest"))
    try expect(
      "snapshots",
      [
        ("catalogue", bytes(300, PositionKey.self), bytes(entry, of: SnapshotEntry.self)),
        ("directory", bytes(SnapshotRowKey(row: .number(.group, 10), position: 300), SnapshotRowKey.self), [1, 7]),
        ("standings", bytes(SnapshotStandingKey(number: 8, position: 300), SnapshotStandingKey.self), []),
      ])
    let cursor = ReplayCursor(schemaVersion: 5, position: 300, only: 7, root: .of("root"))
    try expect("replay", [("cursor", Array("replay".utf8), bytes(cursor, of: ReplayCursor.self))])
  }
}
