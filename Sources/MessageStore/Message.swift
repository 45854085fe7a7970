public import CredentialLedger

/// A message as a backend keeps it. Prints without its text.
public struct Message: Sendable, Equatable, CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
  /// Its place among all messages: from 1, in the order in which they were posted.
  public let number: UInt64
  /// The ID that clients use.
  public let reference: PublicID
  public let group: GroupID
  /// Whose message it is: the person who wrote it, or for whom a connector posted it.
  public let author: AccountID
  /// The connector that posted it, and the grant under which it did; nil where a person wrote it.
  public let connector: ConnectorID?
  public let grant: GrantID?
  /// Never before that of an earlier message. A webhook that was registered later may not be told of the message.
  public let postedAt: Timestamp
  /// The message that it replies to.
  public let replyTo: PublicID?
  /// Who gets it besides the members.
  public let audience: MessageAudience
  /// Nil once its author is erased.
  public let text: String?
  /// That of ``NewMessage/ledgerPosition``.
  public let ledgerPosition: Position

  public init(
    number: UInt64, reference: PublicID, group: GroupID, author: AccountID, connector: ConnectorID?, grant: GrantID?,
    postedAt: Timestamp, replyTo: PublicID?, audience: MessageAudience, text: String?, ledgerPosition: Position = 0
  ) {
    self.number = number
    self.reference = reference
    self.group = group
    self.author = author
    self.connector = connector
    self.grant = grant
    self.postedAt = postedAt
    self.replyTo = replyTo
    self.audience = audience
    self.text = text
    self.ledgerPosition = ledgerPosition
  }

  public var description: String { "message \(number) of \(group)" }
  public var debugDescription: String { description }
  public var customMirror: Mirror { Mirror(self, children: EmptyCollection<Mirror.Child>()) }
}

/// Who gets a message besides the members of its group.
public enum MessageAudience: Sendable, Equatable {
  case members
  /// The subscribers of the group.
  case subscribers
  /// Some of the subscribers.
  case some([SubscriptionID])
}

/// A message to post.
public struct NewMessage: Sendable {
  /// How many characters a text may have.
  public static let characterLimit = 4_000
  /// How many subscribers may be named.
  public static let audienceLimit = 1_000

  public var group: GroupID
  public var author: AccountID
  public var connector: ConnectorID?
  public var grant: GrantID?
  public var replyTo: PublicID?
  public var audience: MessageAudience
  public var text: String
  /// The position of the ledger's newest event when it is posted: webhooks are told of it after all events up to there, and before
  /// those that are newer. 0 where that is not known; then it has no order with events.
  public var ledgerPosition: Position

  public init(
    _ text: String, to group: GroupID, by author: AccountID, connector: ConnectorID? = nil, grant: GrantID? = nil,
    replyTo: PublicID? = nil, audience: MessageAudience = .members, ledgerPosition: Position = 0
  ) {
    self.text = text
    self.group = group
    self.author = author
    self.connector = connector
    self.grant = grant
    self.replyTo = replyTo
    self.audience = audience
    self.ledgerPosition = ledgerPosition
  }
}

/// Which messages of a group.
public struct MessageRange: Sendable, Equatable {
  /// How many a page may have.
  public static let pageLimit = 100

  /// Only messages with smaller numbers, of a page that goes back in time.
  public var before: UInt64?
  /// Only messages with greater numbers.
  public var after: UInt64?
  /// Only messages posted at this moment or later.
  public var since: Timestamp?
  /// Only messages posted before this moment.
  public var until: Timestamp?
  /// Whether the newest come first.
  public var newestFirst: Bool
  /// 1 to ``pageLimit``.
  public var limit: Int

  public init(
    before: UInt64? = nil, after: UInt64? = nil, since: Timestamp? = nil, until: Timestamp? = nil,
    newestFirst: Bool = true, limit: Int = 50
  ) {
    self.before = before
    self.after = after
    self.since = since
    self.until = until
    self.newestFirst = newestFirst
    self.limit = limit
  }
}

/// Why messages could not be kept or read. Carries no text of a message.
public struct MessagingError: Error, Sendable, Equatable, CustomStringConvertible {
  /// What kind of failure it is.
  public enum Code: Sendable, Equatable {
    /// A field of the request is malformed.
    case invalid
    /// There is no such message.
    case notFound
    /// The key of the request stands for another request.
    case conflict
    /// The author is erased.
    case erased
    /// The backend cannot do it now; asking again later may succeed. A message may have been posted all the same.
    case unavailable
    /// Something stored is not what it was, or the device failed.
    case failed
  }

  public let code: Code
  /// What is wrong, and what was expected.
  public let reason: String
  /// The field of the request that it is about.
  public let field: String?

  public init(_ code: Code, _ reason: String, field: String? = nil) {
    self.code = code
    self.reason = reason
    self.field = field
  }

  public var description: String { reason }
}
