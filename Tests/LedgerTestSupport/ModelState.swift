package import LedgerCrypto
package import LedgerDomain
package import LedgerEvents

/// What a ledger's events say about the present, in the plainest way: dictionaries, and searches through all of them.
///
/// It is the measure for the projections, so it is written from the rules alone and shares no code with them.
package struct ModelState: Sendable {
  package internal(set) var accounts: [AccountID: Account] = [:]
  package internal(set) var phones: [PhoneID: Phone] = [:]
  package internal(set) var challenges: [ChallengeID: PINChallenge] = [:]
  package internal(set) var codes: [AuthorizationCodeID: IssuedCode] = [:]
  package internal(set) var connectors: [ConnectorID: Connector] = [:]
  package internal(set) var credentials: [ConnectorID: ConnectorCredentials] = [:]
  package internal(set) var resourceServers: [ResourceServerID: ResourceServer] = [:]
  package internal(set) var eventNamespaces: [EventNamespaceID: EventNamespace] = [:]
  package internal(set) var groups: [GroupID: Group] = [:]
  package internal(set) var memberships: [MembershipID: Membership] = [:]
  package internal(set) var subscriptions: [SubscriptionID: GroupSubscription] = [:]
  package internal(set) var grants: [GrantID: Grant] = [:]
  package internal(set) var webhooks: [WebhookID: Webhook] = [:]
  /// The groups below each group.
  package internal(set) var subgroups: [GroupID: Set<GroupID>] = [:]
  /// The names of the keys of erased persons.
  package internal(set) var erased: Set<[UInt8]> = []
  var signingKey: [UInt8]?
  var rules = Oversight()
  package internal(set) var proposals: [ProposalID: ChangeProposal] = [:]
  var keyNumbers: [KeyPurpose: KeyNumbers] = [:]
  /// Each PIN that was asked for or presented wrongly: when, and in which scopes it counts.
  var counted: [(time: Timestamp, isFailure: Bool, scopes: Set<DayCountScope>)] = []
  /// By which event each account was disabled last.
  var disablements: [AccountID: UInt64] = [:]
  /// The graph of validity. A test may damage it.
  package var standings: [UInt64: Standing] = [:]
  /// Where set, every look-up fails with it.
  package var failure: StateUnreadable?

  let keyedHashes: KeyedHashes

  package init(keyedHashes: KeyedHashes = .fake) {
    self.keyedHashes = keyedHashes
  }
}

/// How sealed values become the digests by which they are looked up. A real ledger opens the box and hashes what is in
/// it under a key.
package struct KeyedHashes: Sendable {
  package var number: @Sendable (Sealed) -> Digest
  package var identity: @Sendable (_ issuer: String, _ subject: Sealed) -> Digest

  package init(
    number: @escaping @Sendable (Sealed) -> Digest,
    identity: @escaping @Sendable (_ issuer: String, _ subject: Sealed) -> Digest
  ) {
    self.number = number
    self.identity = identity
  }

  /// For boxes that are not encrypted, such as those of ``Sealed/fake(_:person:)``: SHA-256 of what is in the box, for
  /// identities with the issuer and a zero byte before it.
  package static let fake = KeyedHashes(
    number: { SHA256.hash($0.boxBytes) },
    identity: { SHA256.hash(Array($0.utf8) + [0] + $1.boxBytes) })
}

extension Sealed {
  /// A box that holds the text as it is.
  package static func fake(_ text: String, person: UInt8 = 1) -> Sealed {
    Sealed(person: [UInt8](repeating: person, count: 16), box: Array(text.utf8))
  }
}
