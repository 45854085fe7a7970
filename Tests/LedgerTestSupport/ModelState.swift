public import LedgerCrypto
public import LedgerDomain
public import LedgerEvents

/// What a ledger's events say about the present, in the plainest way: dictionaries, and searches through all of them.
///
/// It is the measure for the projections, so it is written from the rules alone and shares no code with them.
public struct ModelState: Sendable {
  public internal(set) var accounts: [AccountID: Account] = [:]
  public internal(set) var phones: [PhoneID: Phone] = [:]
  public internal(set) var challenges: [ChallengeID: PINChallenge] = [:]
  public internal(set) var codes: [AuthorizationCodeID: IssuedCode] = [:]
  public internal(set) var connectors: [ConnectorID: Connector] = [:]
  public internal(set) var credentials: [ConnectorID: ConnectorCredentials] = [:]
  public internal(set) var resourceServers: [ResourceServerID: ResourceServer] = [:]
  public internal(set) var groups: [GroupID: Group] = [:]
  public internal(set) var memberships: [MembershipID: Membership] = [:]
  public internal(set) var subscriptions: [SubscriptionID: GroupSubscription] = [:]
  public internal(set) var grants: [GrantID: Grant] = [:]
  public internal(set) var webhooks: [WebhookID: Webhook] = [:]
  /// The groups below each group.
  public internal(set) var subgroups: [GroupID: Set<GroupID>] = [:]
  /// The names of the keys of erased persons.
  public internal(set) var erased: Set<[UInt8]> = []
  var signingKey: [UInt8]?
  var rules = Oversight()
  public internal(set) var proposals: [ProposalID: ChangeProposal] = [:]
  var keyNumbers: [KeyPurpose: KeyNumbers] = [:]
  /// Each PIN that was asked for or presented wrongly: when, and in which scopes it counts.
  var counted: [(time: Timestamp, isFailure: Bool, scopes: Set<DayCountScope>)] = []
  /// By which event each account was disabled last.
  var disablements: [AccountID: UInt64] = [:]
  /// The graph of validity. A test may damage it.
  public var standings: [UInt64: Standing] = [:]
  /// Where set, every look-up fails with it.
  public var failure: StateUnreadable?

  let keyedHashes: KeyedHashes

  public init(keyedHashes: KeyedHashes = .fake) {
    self.keyedHashes = keyedHashes
  }
}

/// How sealed values become the digests by which they are looked up. A real ledger opens the box and hashes what is in
/// it under a key.
public struct KeyedHashes: Sendable {
  public var number: @Sendable (Sealed) -> Digest
  public var identity: @Sendable (_ issuer: String, _ subject: Sealed) -> Digest

  public init(
    number: @escaping @Sendable (Sealed) -> Digest,
    identity: @escaping @Sendable (_ issuer: String, _ subject: Sealed) -> Digest
  ) {
    self.number = number
    self.identity = identity
  }

  /// For boxes that are not encrypted, such as those of ``Sealed/fake(_:person:)``: SHA-256 of what is in the box, for
  /// identities with the issuer and a zero byte before it.
  public static let fake = KeyedHashes(
    number: { SHA256.hash($0.boxBytes) },
    identity: { SHA256.hash(Array($0.utf8) + [0] + $1.boxBytes) })
}

extension Sealed {
  /// A box that holds the text as it is.
  public static func fake(_ text: String, person: UInt8 = 1) -> Sealed {
    Sealed(person: [UInt8](repeating: person, count: 16), box: Array(text.utf8))
  }
}
