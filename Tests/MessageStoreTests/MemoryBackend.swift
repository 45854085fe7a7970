import CredentialLedger
import MessageStore
import Synchronization

/// A backend in memory, as a messaging system that has groups of its own: it applies what the ledger says of them, and reports what
/// is changed in it. It can be made to fail after it has done something, so that it is asked again.
final class MemoryBackend: MessagingBackend {
  /// A group as the backend knows it.
  struct KnownGroup: Equatable {
    var name = ""
    var members: [AccountID: Role] = [:]
    var isDeleted = false
  }

  fileprivate struct State {
    var messages: [Message] = []
    var requests: [String: (digest: Digest, posted: PostedOnce)] = [:]
    var erased: Set<AccountID> = []
    var lastNumber: UInt64 = 0
    var applied: Position?
    var changes: [GroupChange] = []
    var groups: [GroupID: KnownGroup] = [:]
    var pending: [ReportedChange] = []
    var outcomes: [String: ReportOutcome] = [:]
    /// How many answers are lost from now on.
    var failures = 0
  }

  private let state = Mutex(State())
  private let clock: @Sendable () -> Int64

  /// - Parameter clock: milliseconds since 1970; without it each message is posted a millisecond after the one before.
  init(clock: @escaping @Sendable () -> Int64 = { 0 }) { self.clock = clock }

  let capabilities: MessagingCapabilities = [
    .replies, .someSubscribers, .retention, .appliesGroupChanges, .reportsGroupChanges,
  ]

  /// All changes that came, those that came again as well.
  var changes: [GroupChange] { state.withLock { $0.changes } }
  var groups: [GroupID: KnownGroup] { state.withLock { $0.groups } }
  var outcomes: [String: ReportOutcome] { state.withLock { $0.outcomes } }

  /// Changes something in the backend.
  func change(_ change: ReportedChange) { state.withLock { $0.pending.append(change) } }

  /// Loses so many answers: what was asked is done, and the caller does not hear of it.
  func loseAnswers(_ count: Int) { state.withLock { $0.failures = count } }

  func post(_ message: NewMessage) async throws(MessagingError) -> Message {
    let (text, reference) = (try message.checkedText(), try Self.reference())
    let now = clock()
    return try state.withLock { (state) throws(MessagingError) in try state.post(message, text, reference, at: now) }
  }

  func post(_ message: NewMessage, once request: RepeatableRequest) async throws(MessagingError) -> PostedOnce {
    let (text, reference) = (try message.checkedText(), try Self.reference())
    let now = clock()
    return try state.withLock { (state) throws(MessagingError) in
      if let earlier = try state.earlier(request) { return earlier }
      _ = try state.post(message, text, reference, at: now)
      let posted = PostedOnce(reference: reference, answer: request.answer)
      state.requests[State.key(request)] = (request.digest, posted)
      return posted
    }
  }

  func earlier(_ request: RepeatableRequest) async throws(MessagingError) -> PostedOnce? {
    try state.withLock { (state) throws(MessagingError) in try state.earlier(request) }
  }

  private static func reference() throws(MessagingError) -> PublicID {
    do { return try PublicID(random: SystemRandom()) } catch { throw MessagingError(.unavailable, "no randomness") }
  }

  func history(of group: GroupID, _ range: MessageRange) async throws(MessagingError) -> [Message] {
    guard (1...MessageRange.pageLimit).contains(range.limit) else {
      throw MessagingError(.invalid, "count", field: "count")
    }
    let found = state.withLock { $0.messages }.filter { message in
      message.group == group && range.before.map { message.number < $0 } ?? true
        && range.after.map { message.number > $0 } ?? true && range.since.map { message.postedAt >= $0 } ?? true
        && range.until.map { message.postedAt < $0 } ?? true
    }
    return Array((range.newestFirst ? found.reversed() : found).prefix(range.limit))
  }

  func messages(after number: UInt64, limit: Int) async throws(MessagingError) -> [Message] {
    Array(state.withLock { $0.messages }.filter { $0.number > number }.prefix(limit))
  }

  func erase(_ author: AccountID) async throws(MessagingError) {
    state.withLock { state in
      state.erased.insert(author)
      state.messages = state.messages.map { $0.author == author ? $0.withoutText : $0 }
    }
  }

  func prune(before moment: Timestamp, limit: Int) async throws(MessagingError) -> Int {
    state.withLock { state in
      let old = state.messages.prefix { $0.postedAt < moment }.prefix(limit).count
      state.messages.removeFirst(old)
      return old
    }
  }

  func appliedPosition() async throws(MessagingError) -> Position? { state.withLock { $0.applied } }

  func apply(_ changes: [GroupChange], upTo position: Position) async throws(MessagingError) {
    try state.withLock { (state) throws(MessagingError) in
      for change in changes { state.apply(change) }
      // What is lost is what it keeps as well: the same comes again.
      try state.answer()
      state.applied = max(state.applied ?? 0, position)
    }
  }

  func pendingReports(limit: Int) async throws(MessagingError) -> [ReportedChange] {
    Array(state.withLock { $0.pending }.prefix(limit))
  }

  func acknowledge(_ report: ReportedChange, _ outcome: ReportOutcome) async throws(MessagingError) {
    try state.withLock { (state) throws(MessagingError) in
      try state.answer()
      state.pending.removeAll { $0.id == report.id }
      state.outcomes[report.id] = outcome
    }
  }
}

extension MemoryBackend.State {
  mutating func answer() throws(MessagingError) {
    guard failures > 0 else { return }
    failures -= 1
    throw MessagingError(.unavailable, "the answer was lost")
  }

  mutating func post(
    _ message: NewMessage, _ text: String, _ reference: PublicID, at now: Int64
  ) throws(MessagingError) -> Message {
    guard !erased.contains(message.author) else { throw MessagingError(.erased, "The author is erased.") }
    if let replied = message.replyTo {
      guard messages.contains(where: { $0.reference == replied && $0.group == message.group }) else {
        throw MessagingError(.notFound, "replyToReferenceId", field: "replyToReferenceId")
      }
    }
    lastNumber += 1
    let time = max(now, Int64(lastNumber), messages.last?.postedAt.milliseconds ?? 0)
    let posted = Message(
      number: lastNumber, reference: reference, group: message.group, author: message.author,
      connector: message.connector, grant: message.grant, postedAt: Timestamp(milliseconds: time),
      replyTo: message.replyTo, audience: message.audience, text: text, ledgerPosition: message.ledgerPosition)
    messages.append(posted)
    return posted
  }

  func earlier(_ request: RepeatableRequest) throws(MessagingError) -> PostedOnce? {
    guard let found = requests[Self.key(request)] else { return nil }
    guard !erased.contains(request.author) else { throw MessagingError(.erased, "The author is erased.") }
    guard found.digest == request.digest else { throw MessagingError(.conflict, "Idempotency-Key") }
    return found.posted
  }

  static func key(_ request: RepeatableRequest) -> String {
    "\(request.connector?.rawValue ?? 0) \(request.author.rawValue) \(request.key)"
  }

  mutating func apply(_ change: GroupChange) {
    changes.append(change)
    var group = groups[change.group] ?? MemoryBackend.KnownGroup()
    switch change.kind {
    case .created(let name, _), .renamed(let name): group.name = name
    case .deleted:
      group.isDeleted = true
      messages.removeAll { $0.group == change.group }
    case .invited: break
    case .added(_, let account, let role): group.members[account] = role
    case .roleChanged(_, let account, let role): if let account { group.members[account] = role }
    case .removed(_, let account): if let account { group.members[account] = nil }
    }
    groups[change.group] = group
  }
}

extension Message {
  fileprivate var withoutText: Message {
    Message(
      number: number, reference: reference, group: group, author: author, connector: connector, grant: grant,
      postedAt: postedAt, replyTo: replyTo, audience: audience, text: nil, ledgerPosition: ledgerPosition)
  }
}
