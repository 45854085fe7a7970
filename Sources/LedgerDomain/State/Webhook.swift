public import LedgerEvents

/// What a webhook listens to.
public enum WebhookObject: Sendable, Hashable {
  /// A group of this ledger.
  case group(GroupID)
  /// An action of a group, or a package of actions, by the ID that the messaging service has for it.
  case action(String, in: GroupID)
  case actionPackage(String, in: GroupID)

  /// Its type on the wire.
  public var type: String {
    switch self {
    case .group: "Group"
    case .action: "Action"
    case .actionPackage: "ActionPackage"
    }
  }

  /// The group, or the one that an action belongs to.
  public var group: GroupID {
    switch self {
    case .group(let group), .action(_, in: let group), .actionPackage(_, in: let group): group
    }
  }

  /// Reads what an event has; nil for a type that there is not.
  ///
  /// - Parameters:
  ///   - type: on the wire.
  ///   - id: of an object that is no group.
  ///   - group: nil in events of versions that asked no group of an action: then it belongs to none.
  public init?(type: String, id: String, group: GroupID?) {
    let group = group ?? .unknown
    switch type {
    case "Group" where group != .unknown: self = .group(group)
    case "Action": self = .action(id, in: group)
    case "ActionPackage": self = .actionPackage(id, in: group)
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
  public var object: WebhookObject
  /// The group that it listens to, or whose action; it hears nothing of any other.
  public var group: GroupID { object.group }
  package var details: WebhookDetails
  /// Whether it is to deliver: neither disabled nor deleted.
  public var isActive: Bool
  public var isDeleted: Bool
  /// Position of the event that stopped its family, for good; 0 if none did.
  public var stoppedBy: Position
  /// Position of the event that last set what it listens for, its address, token or context.
  public var setBy: Position
  public var registeredAt: Timestamp

  /// A webhook; its details are those that it was registered with, unless another event is said to have set them.
  package init(
    id: WebhookID, publicID: PublicID, connector: ConnectorID, grant: GrantID, family: FamilyID?,
    object: WebhookObject, details: WebhookDetails, isActive: Bool = true, isDeleted: Bool = false,
    stoppedBy: Position = 0, setBy: Position? = nil, registeredAt: Timestamp
  ) {
    self.id = id
    self.publicID = publicID
    self.connector = connector
    self.grant = grant
    self.family = family
    self.object = object
    self.details = details
    self.isActive = isActive
    self.isDeleted = isDeleted
    self.stoppedBy = stoppedBy
    self.setBy = setBy ?? id.position
    self.registeredAt = registeredAt
  }

  /// What it wants to hear of.
  public var eventTypes: [WebhookEventType] { details.eventTypes.compactMap { WebhookEventType(rawValue: $0) } }
  /// From this moment on nothing is delivered.
  public var expiresAt: Timestamp { Timestamp(milliseconds: details.expiresAt) }
  /// The 16 bytes that name the key under which its secrets are sealed.
  public var key: [UInt8] { details.callbackURL.personBytes }
}

extension GroupID {
  /// That of an action of which no group was asked.
  fileprivate static let unknown = GroupID(rawValue: 0)
}
