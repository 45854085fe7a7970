/// What a developer may ask for when a connector is created; each stands for several scopes. The raw values are the
/// names at the command line.
public enum Permission: String, Sendable, Hashable, CaseIterable {
  case groupInformation = "group-information"
  case groupMemberList = "group-member-list"
  case textMessage = "text-message"
  case actionAndResponses = "action-and-responses"
  case userProfile = "user-profile"
  case media = "media"
  case outgoingWebhooks = "outgoing-webhooks"
  case tenantData = "tenant-data"
  case reactions = "reactions"

  /// The name shown to people.
  public var title: String {
    switch self {
    case .groupInformation: "Group Information"
    case .groupMemberList: "Group Member List"
    case .textMessage: "Text Message"
    case .actionAndResponses: "Action & Responses"
    case .userProfile: "User Profile"
    case .media: "Media"
    case .outgoingWebhooks: "Outgoing Webhooks"
    case .tenantData: "Tenant Data"
    case .reactions: "Reactions"
    }
  }

  /// The scopes that it stands for. Each scope belongs to one permission.
  public var scopes: Scopes {
    switch self {
    case .groupInformation: [.groupInfoRead, .groupInfoWrite, .groupInfoRemove, .groupInfoUpdate]
    case .groupMemberList: [.groupMemberRead, .groupMemberWrite, .groupMemberRemove]
    case .textMessage: [.textMessageRead, .textMessageWrite]
    case .actionAndResponses: [.actionRead, .actionWrite, .actionUpdate]
    case .userProfile: [.profileRead, .profileWrite]
    case .media: [.mediaRead, .mediaWrite]
    case .outgoingWebhooks: [.webhookRead, .webhookWrite, .webhookRemove, .webhookUpdate]
    case .tenantData: [.tenantRead, .tenantWrite, .tenantRemove]
    case .reactions: [.reactionRead, .reactionWrite]
    }
  }
}

extension Scopes {
  /// The scopes of all these permissions.
  public init(_ permissions: some Sequence<Permission>) {
    self = permissions.reduce(into: []) { $0.formUnion($1.scopes) }
  }
}
