public import LedgerCrypto
public import LedgerEvents

/// The state that commands and validation read: declared here, implemented by the projections, so that the compiler
/// proves that commands do no input or output.
///
/// Every function answers for one moment, that of the transaction behind it. A look-up costs about a microsecond.
/// All throw ``StateUnreadable`` when storage fails or a row is damaged.
@usableFromInline package protocol DomainReader: StandingReader, ~Copyable {
  /// The account of this number; nil if there is none.
  func account(_ id: AccountID) throws(StateUnreadable) -> Account?
  /// The account of an OpenID identity.
  /// - Parameter identity: keyed hash of issuer and subject.
  func account(identity: Digest) throws(StateUnreadable) -> AccountID?

  /// The phone of this number, removed or not; nil if there is none.
  func phone(_ id: PhoneID) throws(StateUnreadable) -> Phone?
  /// The verified phone that holds a number.
  /// - Parameter number: keyed hash of the number in E.164 form.
  func phone(number: Digest) throws(StateUnreadable) -> PhoneID?
  /// The phones that the account has verified and not removed, oldest first.
  func phones(of account: AccountID) throws(StateUnreadable) -> [PhoneID]
  /// The PIN that was asked for at this position; nil if none was.
  func challenge(_ id: ChallengeID) throws(StateUnreadable) -> PINChallenge?
  /// The latest PIN asked for by this account for this number, in whatever state.
  func challenge(for number: Digest, by account: AccountID) throws(StateUnreadable) -> ChallengeID?
  /// How many PINs of a scope were asked for, and presented wrongly, after a moment at most ``PINLimits/window`` ago. For
  /// scopes of many numbers what is younger than ten minutes may count as a little younger still.
  func dayCounts(_ scope: DayCountScope, after moment: Timestamp) throws(StateUnreadable) -> DayCounts
  /// Keyed hash of the OpenID identity of an account; nil once the person is erased.
  func identity(of account: AccountID) throws(StateUnreadable) -> Digest?

  /// Keyed hash of the number that a phone has; nil once its person is erased.
  func number(of phone: PhoneID) throws(StateUnreadable) -> Digest?
  /// The 16 bytes that name the key under which memberships and subscriptions carry this number, once one did.
  func person(ofNumber number: Digest) throws(StateUnreadable) -> [UInt8]?
  /// The accounts whose role is tenant administrator, disabled or not.
  func tenantAdmins() throws(StateUnreadable) -> [AccountID]
  /// The accounts whose role is operator, disabled or not.
  func operators() throws(StateUnreadable) -> [AccountID]
  /// The rules that operators work under.
  func oversight() throws(StateUnreadable) -> Oversight
  /// The proposal of this number, whatever became of it; nil if there is none.
  func proposal(_ id: ProposalID) throws(StateUnreadable) -> ChangeProposal?
  /// The package key that the log last named as the one that signs its checkpoints, 32 bytes.
  func recordedSigningKey() throws(StateUnreadable) -> [UInt8]?
  /// The numbers of the keys that the log knows of; nil where it says nothing of keys for this purpose.
  func recordedKeys(for purpose: KeyPurpose) throws(StateUnreadable) -> KeyNumbers?
  /// Whether the person whose key has this name is erased.
  func isErased(person: [UInt8]) throws(StateUnreadable) -> Bool

  /// Position of the event that disabled the account last, whether it was enabled since or not; 0 if none did.
  func lastDisablement(of account: AccountID) throws(StateUnreadable) -> UInt64
  /// The grant of the granter's own access to the connector that was revoked last; nil if none was.
  func lastRevokedGrant(to connector: ConnectorID, by granter: AccountID) throws(StateUnreadable) -> GrantID?

  /// The authorization code of this number, redeemed or not; nil if there is none.
  func code(_ id: AuthorizationCodeID) throws(StateUnreadable) -> IssuedCode?

  /// The connector of this ID, deleted or not; nil if there is none.
  func connector(_ id: ConnectorID) throws(StateUnreadable) -> Connector?
  /// The connector of this ID, deleted or not; nil if there is none.
  func connector(publicID: PublicID) throws(StateUnreadable) -> ConnectorID?
  /// The owner's connector of this exact name that is not deleted.
  func connector(named name: String, of owner: AccountID) throws(StateUnreadable) -> ConnectorID?
  /// What authenticates the connector, and how long its tokens live. Nil once the connector is deleted, so that
  /// nobody authenticates as it. Kept apart from ``connector(_:)``, as each token issued needs this and little else.
  func credentials(of connector: ConnectorID) throws(StateUnreadable) -> ConnectorCredentials?
  /// The connector of this ID with its credentials, looked up or remembered; nil once it is deleted.
  func client(_ publicID: PublicID) throws(StateUnreadable) -> ConnectorClient?

  /// The resource server of this number, deleted or not; nil if there is none.
  func resourceServer(_ id: ResourceServerID) throws(StateUnreadable) -> ResourceServer?
  /// The resource server of this ID, deleted or not; nil if there is none.
  func resourceServer(publicID: PublicID) throws(StateUnreadable) -> ResourceServerID?
  /// The resource server that has this audience and is not deleted.
  func resourceServer(audience: String) throws(StateUnreadable) -> ResourceServerID?

  /// The namespace of this number; nil if there is none.
  func eventNamespace(_ id: EventNamespaceID) throws(StateUnreadable) -> EventNamespace?
  /// The namespace of this exact name; nil if there is none.
  func eventNamespace(named name: String) throws(StateUnreadable) -> EventNamespaceID?

  /// The group of this ID, deleted or not; nil if there is none.
  func group(_ id: GroupID) throws(StateUnreadable) -> Group?
  /// The group of this ID, deleted or not; nil if there is none.
  func group(publicID: PublicID) throws(StateUnreadable) -> GroupID?
  /// The membership of this number, ended or not; nil if there is none.
  func membership(_ id: MembershipID) throws(StateUnreadable) -> Membership?
  /// The account's membership of the group, if it is a member now.
  func membership(of account: AccountID, in group: GroupID) throws(StateUnreadable) -> MembershipID?
  /// The membership of the person added by this number, if a member now.
  func membership(number: Digest, in group: GroupID) throws(StateUnreadable) -> MembershipID?

  /// The memberships, in any group, of the person added by this number.
  func memberships(number: Digest) throws(StateUnreadable) -> [MembershipID]

  /// The groups that an account is a member of, deleted ones included, oldest first.
  func groups(of account: AccountID) throws(StateUnreadable) -> [GroupID]
  /// Groups from a number on, deleted ones included, oldest first, at most `limit`.
  func groups(from first: GroupID, limit: Int) throws(StateUnreadable) -> [Group]

  /// The subscription of this number, ended or not; nil if there is none.
  func subscription(_ id: SubscriptionID) throws(StateUnreadable) -> GroupSubscription?
  /// The account's subscription to the group, if it is a subscriber now.
  func subscription(of account: AccountID, in group: GroupID) throws(StateUnreadable) -> SubscriptionID?
  /// The subscription of the person added by this number, if a subscriber now.
  func subscription(number: Digest, in group: GroupID) throws(StateUnreadable) -> SubscriptionID?
  /// The subscriptions, to any group, of the person added by this number, oldest first.
  func subscriptions(number: Digest) throws(StateUnreadable) -> [SubscriptionID]
  /// The subscriptions that a group has now, oldest first, from a number on, at most `limit`.
  func subscriptions(
    of group: GroupID, from first: SubscriptionID, limit: Int
  ) throws(StateUnreadable) -> [GroupSubscription]

  /// Calls `body` with the place of each member or subscriber that a group has now. Reads their rows side by side, in
  /// order; only for those whom no account holds, two or three rows more.
  func forEachPlace(
    _ list: GroupList, of group: GroupID, _ body: (GroupPlace) -> Void
  ) throws(StateUnreadable)

  /// The groups directly below a group, deleted ones included.
  func subgroups(of group: GroupID) throws(StateUnreadable) -> [GroupID]
  /// The groups directly above a group, deleted ones included.
  func parents(of group: GroupID) throws(StateUnreadable) -> [GroupID]

  /// The grant of this number, revoked or not; nil if there is none.
  func grant(_ id: GrantID) throws(StateUnreadable) -> Grant?
  /// The grant of this group, or with nil of the granter's own access, to the connector, that is not revoked.
  ///
  /// A group has at most one grant a connector, whichever admin gave it.
  func grant(to connector: ConnectorID, group: GroupID?, granter: AccountID) throws(StateUnreadable) -> GrantID?

  /// The webhook of this number, deleted or not; nil if there is none.
  func webhook(_ id: WebhookID) throws(StateUnreadable) -> Webhook?
  /// The webhook of this ID, deleted or not; nil if there is none.
  func webhook(publicID: PublicID) throws(StateUnreadable) -> WebhookID?
  /// The webhooks under a grant that are not deleted, oldest first.
  func webhooks(of grant: GrantID) throws(StateUnreadable) -> [WebhookID]
}

extension DomainReader where Self: ~Copyable {
  @usableFromInline package func newestFamily(of grant: GrantID) throws(StateUnreadable) -> FamilyID? {
    try self.grant(grant)?.family
  }
}
