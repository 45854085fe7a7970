public import CredentialLedger

/// What a backend can do besides posting and reading.
public struct MessagingCapabilities: OptionSet, Sendable {
  public let rawValue: Int

  public init(rawValue: Int) { self.rawValue = rawValue }

  /// Replies name the message that they answer.
  public static let replies = Self(rawValue: 1)
  /// A message may go to some of the subscribers alone.
  public static let someSubscribers = Self(rawValue: 2)
  /// Old messages can be removed.
  public static let retention = Self(rawValue: 4)
  /// It applies what the ledger records of groups and their members.
  public static let appliesGroupChanges = Self(rawValue: 8)
  /// It reports changes of groups and members that were made in it, to be recorded in the ledger.
  public static let reportsGroupChanges = Self(rawValue: 16)
}

/// Where messages of groups are kept: the built-in ``MessageStore``, or a messaging system that is in use already.
///
/// Every implementation passes the contract suite `MessagingContract` of the tests.
public protocol MessagingBackend: Sendable {
  var capabilities: MessagingCapabilities { get }

  /// Posts a message; it is durable on return.
  ///
  /// - Throws: `invalid` for a text that is empty or too long, `notFound` for a message to reply to that is not in the group,
  ///   `erased` for an author who is, `unavailable`, `failed`.
  func post(_ message: NewMessage) async throws(MessagingError) -> Message

  /// Posts a message unless the same request has done so before; both are durable together on return.
  ///
  /// - Parameter request: with what the answer says besides the reference. A repetition gets that of the first time.
  /// - Throws: as ``post(_:)``; `conflict` where the key stands for another request.
  func post(_ message: NewMessage, once request: RepeatableRequest) async throws(MessagingError) -> PostedOnce

  /// What came of the same request before; nil where it is new.
  ///
  /// - Throws: `conflict` where the key stands for another request, `erased`, `unavailable`, `failed`.
  func earlier(_ request: RepeatableRequest) async throws(MessagingError) -> PostedOnce?

  /// Messages of a group, in order.
  ///
  /// - Throws: `invalid` for a limit out of bounds, `unavailable`, `failed`.
  func history(of group: GroupID, _ range: MessageRange) async throws(MessagingError) -> [Message]

  /// Messages of all groups with numbers greater than one, oldest first: for those who tell others of them.
  func messages(after number: UInt64, limit: Int) async throws(MessagingError) -> [Message]

  /// Makes what somebody wrote unreadable, for good. Doing it again does no harm.
  func erase(_ author: AccountID) async throws(MessagingError)

  /// Removes messages that were posted before a moment, some at a time.
  ///
  /// - Returns: how many were removed; less than `limit` once none is left.
  func prune(before moment: Timestamp, limit: Int) async throws(MessagingError) -> Int

  // MARK: Changes of groups, out of the ledger

  /// How far it has applied the ledger's changes: the position given to ``apply(_:upTo:)`` last, durable with them. Nil for one that
  /// has applied none, which then gets all from the ledger's beginning.
  ///
  /// - Throws: `unavailable`, `failed`.
  func appliedPosition() async throws(MessagingError) -> Position?

  /// Applies what the ledger has recorded, in order, and keeps how far that goes; both are durable on return.
  ///
  /// Each change comes at least once. It says what is so from then on, so that to apply it again does no harm; one that the backend
  /// reported itself comes back like any other.
  ///
  /// - Parameters:
  ///   - changes: none where nothing up to the position is of concern.
  ///   - position: of the ledger's log. One that is not greater than ``appliedPosition()`` leaves that as it is.
  /// - Throws: `unavailable`, `failed`; the same changes come again then.
  func apply(_ changes: [GroupChange], upTo position: Position) async throws(MessagingError)

  // MARK: Changes of groups, into the ledger

  /// Changes that were made in the backend and are not acknowledged, oldest first: the same each time until they are.
  ///
  /// - Parameter limit: 1 or more.
  /// - Throws: `unavailable`, `failed`.
  func pendingReports(limit: Int) async throws(MessagingError) -> [ReportedChange]

  /// Hears what came of a report, which is no longer pending; durable on return. Doing it again does no harm.
  ///
  /// A backend whose change the ledger refused takes it back, or tells its operator.
  ///
  /// - Throws: `unavailable`, `failed`; the report is recorded again then, which changes nothing.
  func acknowledge(_ report: ReportedChange, _ outcome: ReportOutcome) async throws(MessagingError)
}

// A backend that takes no part in groups implements none of these, and its capabilities say so.
extension MessagingBackend {
  public func appliedPosition() async throws(MessagingError) -> Position? { nil }

  public func apply(_ changes: [GroupChange], upTo position: Position) async throws(MessagingError) {
    throw MessagingError(.failed, "the backend applies no changes of groups")
  }

  public func pendingReports(limit: Int) async throws(MessagingError) -> [ReportedChange] { [] }

  public func acknowledge(_ report: ReportedChange, _ outcome: ReportOutcome) async throws(MessagingError) {
    throw MessagingError(.failed, "the backend reports no changes of groups")
  }
}

extension NewMessage {
  /// The text without blanks at its ends.
  ///
  /// - Throws: `invalid` where nothing is left, or more than ``characterLimit`` characters; and for too many subscribers.
  public func checkedText() throws(MessagingError) -> String {
    var characters = text[...]
    while let last = characters.last, last.isWhitespace { characters.removeLast() }
    while let first = characters.first, first.isWhitespace { characters.removeFirst() }
    // A single character may have any number of scalars, so that bytes are bounded too.
    // No text has more characters than bytes, so that those of few have to be counted.
    let bytes = characters.utf8.count
    guard !characters.isEmpty,
      bytes <= Self.characterLimit || (bytes <= Self.characterLimit * 8 && characters.count <= Self.characterLimit)
    else {
      throw MessagingError(.invalid, "message: expected 1 to \(Self.characterLimit) characters", field: "message")
    }
    if case .some(let named) = audience, named.count > Self.audienceLimit {
      throw MessagingError(
        .invalid, "subscribers: expected at most \(Self.audienceLimit) at a time", field: "subscribers")
    }
    return String(characters)
  }
}
