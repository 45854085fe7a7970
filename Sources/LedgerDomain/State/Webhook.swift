public import LedgerEvents

/// What a webhook listens to.
public enum WebhookObject: Sendable, Hashable {
  /// A group of this ledger.
  case group(GroupID)
  /// An action, or a package of actions, by the ID that the messaging service has for it.
  case action(String)
  case actionPackage(String)

  /// Its type on the wire.
  public var type: String {
    switch self {
    case .group: "Group"
    case .action: "Action"
    case .actionPackage: "ActionPackage"
    }
  }

  /// Reads what an event has; nil for a type that there is not.
  ///
  /// - Parameters:
  ///   - type: on the wire.
  ///   - id: of an object that is no group.
  ///   - group: the group, or that of the grant.
  public init?(type: String, id: String, group: GroupID?) {
    switch (type, group) {
    case ("Group", let group?): self = .group(group)
    case ("Action", _): self = .action(id)
    case ("ActionPackage", _): self = .actionPackage(id)
    default: return nil
    }
  }
}

/// A webhook as it is now: where a connector wants to hear of what happens to an object. Address, token and context are
/// sealed under a key of the webhook's own.
public struct Webhook: Sendable, Equatable {
  public var id: WebhookID
  /// The ID that clients use.
  public var publicID: PublicID
  public var connector: ConnectorID
  /// With this grant it stops.
  public var grant: GrantID
  /// The tokens by one of which it was registered; with the family it stops. Nil where the event does not say.
  public var family: FamilyID?
  /// The group that it listens to, or that its grant is for.
  public var group: GroupID?
  public var object: WebhookObject
  public var details: WebhookDetails
  /// Whether it is to deliver: neither disabled nor deleted.
  public var isActive: Bool
  public var isDeleted: Bool
  /// Position of the event that stopped its family, for good; 0 if none did.
  public var stoppedBy: UInt64
  /// Position of the event that set ``details`` last.
  public var setBy: UInt64
  public var registeredAt: Timestamp

  /// A webhook; its details are those that it was registered with, unless another event is said to have set them.
  public init(
    id: WebhookID, publicID: PublicID, connector: ConnectorID, grant: GrantID, family: FamilyID?, group: GroupID?,
    object: WebhookObject, details: WebhookDetails, isActive: Bool = true, isDeleted: Bool = false,
    stoppedBy: UInt64 = 0, setBy: UInt64? = nil, registeredAt: Timestamp
  ) {
    self.id = id
    self.publicID = publicID
    self.connector = connector
    self.grant = grant
    self.family = family
    self.group = group
    self.object = object
    self.details = details
    self.isActive = isActive
    self.isDeleted = isDeleted
    self.stoppedBy = stoppedBy
    self.setBy = setBy ?? id.rawValue
    self.registeredAt = registeredAt
  }

  /// What it wants to hear of.
  public var eventTypes: [WebhookEventType] { details.eventTypes.compactMap { WebhookEventType(rawValue: $0) } }
  /// From this moment on nothing is delivered.
  public var expiresAt: Timestamp { Timestamp(milliseconds: details.expiresAt) }
  /// The 16 bytes that name the key under which its secrets are sealed.
  public var key: [UInt8] { details.callbackURL.personBytes }
}
