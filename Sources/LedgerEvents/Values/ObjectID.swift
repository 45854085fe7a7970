/// The number of an object: the position in the log of the event that made it.
///
/// The type parameter keeps numbers of different kinds of object apart at no cost. In events 0 stands for "none"; an
/// ID that is there is above 0.
@frozen
public struct ObjectID<Kind: ObjectKind>: RawRepresentable, Sendable, Hashable, BitwiseCopyable {
  /// The position of the event that made the object.
  public let rawValue: UInt64

  /// The object made at a position of the log.
  @inlinable
  public init(rawValue: UInt64) { self.rawValue = rawValue }

  /// The object that a field of an event names; nil for 0, which stands for none.
  @inlinable
  public init?(unlessZero number: UInt64) {
    guard number != 0 else { return nil }
    self.init(rawValue: number)
  }
}

extension ObjectID {
  /// Where a page begins that follows an object: the number after it, or 1 without one. Numbers come from outside, so
  /// there may be none after it; then it is the greatest, which no object has.
  package static func following(_ last: ObjectID?) -> ObjectID { ObjectID(rawValue: .following(last?.rawValue ?? 0)) }
}

extension UInt64 {
  /// The number after one that came from outside; the greatest where there is none after it.
  package static func following(_ number: UInt64) -> UInt64 { number == .max ? .max : number + 1 }
}

extension ObjectID: Comparable {
  /// Whether the object on the left was made first.
  @inlinable
  public static func < (left: ObjectID, right: ObjectID) -> Bool { left.rawValue < right.rawValue }
}

extension ObjectID: LosslessStringConvertible {
  /// Kind and number, such as `connector:1234`.
  public var description: String { "\(Kind.name):\(rawValue)" }

  /// Reads what ``description`` gives, or the number alone; nil for any other text, another kind, and 0.
  public init?(_ text: String) {
    let prefix = "\(Kind.name):"
    let digits = text.hasPrefix(prefix) ? text.dropFirst(prefix.count) : text[...]
    guard digits.first != "+", let number = UInt64(digits) else { return nil }
    self.init(unlessZero: number)
  }
}

/// A kind of object that an ``ObjectID`` can name.
public protocol ObjectKind: Sendable {
  /// What objects of this kind are called where an ID is printed, such as `connector`.
  static var name: String { get }
}

/// A kind of object that the header of a record can name.
public protocol SubjectObjectKind: ObjectKind {
  /// How a record's header names the kind.
  static var subjectKind: SubjectKind { get }
}

extension SubjectObjectKind {
  public static var name: String { subjectKind.name }
}

/// The kinds of object, one type each; the types have no values.
public enum ObjectKinds {
  /// Kind of an ``ObjectID``: account.
  public enum Account: SubjectObjectKind { public static var subjectKind: SubjectKind { .account } }
  /// Kind of an ``ObjectID``: phone.
  public enum Phone: SubjectObjectKind { public static var subjectKind: SubjectKind { .phone } }
  /// Kind of an ``ObjectID``: challenge.
  public enum Challenge: SubjectObjectKind { public static var subjectKind: SubjectKind { .challenge } }
  /// Kind of an ``ObjectID``: connector.
  public enum Connector: SubjectObjectKind { public static var subjectKind: SubjectKind { .connector } }
  /// Kind of an ``ObjectID``: secret.
  public enum Secret: ObjectKind { public static var name: String { "secret" } }
  /// Kind of an ``ObjectID``: group.
  public enum Group: SubjectObjectKind { public static var subjectKind: SubjectKind { .group } }
  /// Kind of an ``ObjectID``: membership.
  public enum Membership: SubjectObjectKind { public static var subjectKind: SubjectKind { .membership } }
  /// Kind of an ``ObjectID``: grant.
  public enum Grant: SubjectObjectKind { public static var subjectKind: SubjectKind { .grant } }
  /// Kind of an ``ObjectID``: family.
  public enum Family: SubjectObjectKind { public static var subjectKind: SubjectKind { .family } }
  /// Kind of an ``ObjectID``: token.
  public enum Token: SubjectObjectKind { public static var subjectKind: SubjectKind { .token } }
  /// Kind of an ``ObjectID``: webhook.
  public enum Webhook: SubjectObjectKind { public static var subjectKind: SubjectKind { .webhook } }
  /// Kind of an ``ObjectID``: subscription.
  public enum Subscription: SubjectObjectKind { public static var subjectKind: SubjectKind { .subscription } }
  /// Kind of an ``ObjectID``: authorization code.
  public enum AuthorizationCode: SubjectObjectKind {
    public static var subjectKind: SubjectKind { .authorizationCode }
  }
  /// Kind of an ``ObjectID``: resource server.
  public enum ResourceServer: SubjectObjectKind { public static var subjectKind: SubjectKind { .resourceServer } }
  /// Kind of an ``ObjectID``: proposal.
  public enum Proposal: SubjectObjectKind { public static var subjectKind: SubjectKind { .proposal } }
  /// Kind of an ``ObjectID``: namespace of events.
  public enum EventNamespace: SubjectObjectKind { public static var subjectKind: SubjectKind { .eventNamespace } }
}

/// A person's account.
public typealias AccountID = ObjectID<ObjectKinds.Account>
/// A verified phone.
public typealias PhoneID = ObjectID<ObjectKinds.Phone>
/// A PIN that was asked for.
public typealias ChallengeID = ObjectID<ObjectKinds.Challenge>
/// A connector.
public typealias ConnectorID = ObjectID<ObjectKinds.Connector>
/// One of a connector's secrets.
public typealias SecretID = ObjectID<ObjectKinds.Secret>
/// A group.
public typealias GroupID = ObjectID<ObjectKinds.Group>
/// A person's membership of a group.
public typealias MembershipID = ObjectID<ObjectKinds.Membership>
/// A grant: the permission that a person gives a connector.
public typealias GrantID = ObjectID<ObjectKinds.Grant>
/// A family of refresh tokens, each the successor of the one before.
public typealias FamilyID = ObjectID<ObjectKinds.Family>
/// The handle of an access or refresh token.
public typealias TokenID = ObjectID<ObjectKinds.Token>
/// A webhook.
public typealias WebhookID = ObjectID<ObjectKinds.Webhook>
/// A subscription to a public group.
public typealias SubscriptionID = ObjectID<ObjectKinds.Subscription>
/// An authorization code of the OAuth flow.
public typealias AuthorizationCodeID = ObjectID<ObjectKinds.AuthorizationCode>
/// A resource server: a program that is shown access tokens.
public typealias ResourceServerID = ObjectID<ObjectKinds.ResourceServer>
/// A change that needs the approval of a second operator, as it was proposed.
public typealias ProposalID = ObjectID<ObjectKinds.Proposal>
/// A namespace under which a program that embeds the ledger records events of its own.
public typealias EventNamespaceID = ObjectID<ObjectKinds.EventNamespace>
