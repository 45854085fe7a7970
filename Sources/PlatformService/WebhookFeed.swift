public import CredentialLedger
import HTTPSupport
public import MessageStore

/// Puts what happens into the queues of the webhooks that listen: messages, and events of the ledger, in the order of
/// ``MergedFeed``.
///
/// How far it has come is kept in `FeedPositions`, each time after what it put into the queues is durable: so after a crash some
/// may be told twice, and none is left out. A webhook is told of nothing that is older than it, also where this lags behind, or
/// begins again after a crash.
public struct WebhookFeed: Sendable {
  private static let messagesCursor = "webhooks.messages"
  private static let eventsCursor = "webhooks.events"
  /// After how many of no concern it is noted how far it has come.
  private static let stride: UInt64 = 1_000

  private let ledger: Ledger
  private let messages: any MessagingBackend
  private let feed: MergedFeed
  private let positions: any FeedPositions
  private let report: @Sendable (String) -> Void

  /// - Parameters:
  ///   - messages: where messages are kept.
  ///   - positions: where it is kept how far webhooks have been told.
  ///   - report: hears of what went wrong, without anything personal.
  public init(
    _ ledger: Ledger, _ messages: any MessagingBackend, positions: any FeedPositions,
    report: @escaping @Sendable (String) -> Void
  ) {
    self.ledger = ledger
    self.messages = messages
    feed = MergedFeed(ledger: ledger, messages: messages)
    self.positions = positions
    self.report = report
  }

  /// The same, with the positions beside the messages of the built-in store.
  public init(_ ledger: Ledger, _ store: MessageStore, report: @escaping @Sendable (String) -> Void) {
    self.init(ledger, store, positions: store, report: report)
  }

  /// Runs until the task is cancelled. What fails is tried again.
  public func run() async {
    while !Task.isCancelled {
      do { try await follow() } catch {
        if Task.isCancelled { return }
        report("telling webhooks failed and is tried again: \(error)")
        try? await Task.sleep(for: .seconds(5))
      }
    }
  }

  private func follow() async throws {
    var last = try await start()
    var backlog = try await WebhookBacklog(positions, others: last)
    var kept = last
    // The head of the ledger at a look that left no message out: what is found later is newer than the webhooks up to there,
    // whatever the clock of the backend says.
    var seen: Position = 0
    while !Task.isCancelled {
      let head = try ledger.head()
      let page = try await feed.next(after: last)
      var (isMessageTold, isEventTold) = (false, false)
      // Groups without a webhook. One that is registered from now on is newer than all messages of the page.
      var unheard: Set<GroupID> = []
      for item in page.items {
        let full: [WebhookID]?
        switch item {
        case .message(let message) where unheard.contains(message.group): full = nil
        case .message(let message):
          full = try await tell(of: message) {
            backlog.told[$0.id] == nil && ($0.id.position <= seen || $0.registeredAt <= message.postedAt)
          }
          if full != nil {
            isMessageTold = true
          } else if message.text != nil {
            unheard.insert(message.group)
          }
        case .event(let entry):
          let isErasure = try await erase(entry)
          full = try await tell(of: entry) { backlog.told[$0.id] == nil }
          if isErasure || full != nil { isEventTold = true }
        }
        for webhook in full ?? [] { try await backlog.note(webhook, toldUntil: last) }
        last.pass(item)
      }
      last = page.reached
      if page.isLast { seen = head }
      // A commit for every few messages of no concern would delay those who post. At rest their position is kept, and that of
      // events is not, which are skipped again quickly.
      if isMessageTold || last.message - kept.message >= Self.stride
        || (page.items.isEmpty && last.message > kept.message)
      {
        try await positions.setCursor(Self.messagesCursor, to: last.message)
        kept.message = last.message
      }
      if isEventTold || last.event.distance(from: kept.event) >= Self.stride {
        try await positions.setCursor(Self.eventsCursor, to: last.event.rawValue)
        kept.event = last.event
      }
      for (webhook, told) in backlog.told { try await catchUp(webhook, from: told, upTo: last, &backlog) }
      // What comes meanwhile is looked at together.
      if page.isLast { await pause() }
    }
  }

  /// Where it goes on.
  private func start() async throws -> FeedPoint {
    let message = try await positions.cursor(Self.messagesCursor) ?? 0
    let head = try ledger.head()
    // A ledger that was restored from a backup may have come less far.
    if let event = try await positions.cursor(Self.eventsCursor) {
      return FeedPoint(message: message, event: min(Position(event), head))
    }
    // Nothing of the time before the server had webhooks is told.
    try await positions.setCursor(Self.eventsCursor, to: head.rawValue)
    return FeedPoint(message: message, event: head)
  }

  /// Of what is new it is told within this time; to look costs one look-up.
  private func pause() async { try? await Task.sleep(for: .milliseconds(50)) }

  /// Tells a webhook of what it missed while its queue was full, as far as there is room now.
  ///
  /// - Parameter end: how far the others are told.
  private func catchUp(
    _ webhook: WebhookID, from told: FeedPoint, upTo end: FeedPoint, _ backlog: inout WebhookBacklog
  ) async throws {
    guard try ledger.webhooks.state(of: webhook)?.isInForce == true else { return try await backlog.forget(webhook) }
    // Half of it, so that it is not filled again one by one.
    guard try ledger.deliveries.queue(of: webhook).map({ $0.count <= ledger.deliveries.limit / 2 }) ?? true else {
      return
    }
    let page = try await feed.next(after: told, upTo: end)
    var reached = told
    for item in page.items {
      let full: [WebhookID]?
      switch item {
      case .message(let message): full = try await tell(of: message) { $0.id == webhook }
      case .event(let entry): full = try await tell(of: entry) { $0.id == webhook }
      }
      guard full?.isEmpty ?? true else { return try await backlog.note(webhook, toldUntil: reached) }
      reached.pass(item)
    }
    guard page.isLast else { return try await backlog.note(webhook, toldUntil: page.reached) }
    try await backlog.forget(webhook)
  }

  /// Makes what an erased person wrote unreadable.
  ///
  /// - Returns: whether the event is an erasure.
  private func erase(_ entry: AuditEntry) async throws -> Bool {
    guard case .subjectErased(let event) = entry.event, let account = AccountID(unlessZero: event.account) else {
      return false
    }
    try await messages.erase(account)
    return true
  }

  /// - Returns: the webhooks whose queue is full; nil where none listens to the group.
  private func tell(of message: Message, to isWanted: (Webhook) -> Bool) async throws -> [WebhookID]? {
    // Most groups have none, and to learn who wrote takes far longer than to see that.
    guard let text = message.text, let group = try heard(message.group.rawValue) else { return nil }
    let event = try await WebhookPayload(
      object: .group(group.id), objectID: group.publicID.description, type: .textMessageCreated,
      eventID: message.reference.description, data: [("text", .string(text))],
      person: person(message.author)
    ).queued
    return try await ledger.deliveries.enqueue(event, where: isWanted).full
  }

  /// - Returns: the webhooks whose queue is full; nil for an event that none is told of.
  private func tell(of entry: AuditEntry, to isWanted: (Webhook) -> Bool) async throws -> [WebhookID]? {
    var full: [WebhookID]?
    for event in try await payloads(of: entry) {
      let enqueued = try await ledger.deliveries.enqueue(event.queued) {
        $0.id.position < entry.position && isWanted($0)
      }
      full = (full ?? []) + enqueued.full
    }
    return full
  }

  /// What an event means to webhooks: of a group that is deleted each group above it loses one.
  private func payloads(of entry: AuditEntry) async throws -> [WebhookPayload] {
    var told: [WebhookPayload?] = []
    switch entry.event {
    case .groupMemberAdded(let added):
      told.append(try await change(.memberAdded, MembershipID(madeAt: entry.position), added.group, entry))
    case .groupMemberRemoved(let removed):
      told.append(try await change(.memberRemoved, MembershipID(rawValue: removed.membership), removed.group, entry))
    case .groupSubgroupAttached(let attached):
      told.append(try await change(.groupAdded, attached.subgroup, below: attached.group, entry))
    case .groupSubgroupDetached(let detached):
      told.append(try await change(.groupRemoved, detached.subgroup, below: detached.group, entry))
    case .groupDeleted(let deleted):
      for above in try ledger.groups.parents(of: GroupID(rawValue: deleted.group)) {
        told.append(try await change(.groupRemoved, deleted.group, below: above.id.rawValue, entry))
      }
    default: break
    }
    return told.compactMap { $0 }
  }

  /// A group whose changes somebody may listen to; nil for the many that have no webhook.
  private func heard(_ number: UInt64) throws -> Group? {
    let group = try ledger.groups.group(GroupID(rawValue: number))
    guard let group, !group.isDeleted, try !ledger.webhooks.states(on: .group(group.id), limit: 1).isEmpty else {
      return nil
    }
    return group
  }

  private func change(
    _ type: WebhookEventType, _ id: MembershipID, _ group: UInt64, _ entry: AuditEntry
  ) async throws -> WebhookPayload? {
    guard let group = try heard(group), let member = try ledger.groups.membership(id) else { return nil }
    let number = try await ledger.groups.revealNumbers(of: [member], under: .withoutRecord(for: ledger))[0]
    let name = try await ledger.accounts.revealNames(of: [member.account], under: .withoutRecord(for: ledger))[0]
    return WebhookPayload(
      object: .group(group.id), objectID: group.publicID.description, type: type, eventID: "event-\(entry.position)",
      data: [
        ("member", .string(number ?? "")), ("memberName", .string(name ?? "")), ("memberProfilePic", .string("")),
        ("type", .string(member.role.wireName)), ("memberId", member.wireID),
      ], person: try await person(of: entry))
  }

  private func change(
    _ type: WebhookEventType, _ lower: UInt64, below upper: UInt64, _ entry: AuditEntry
  ) async throws -> WebhookPayload? {
    guard let group = try heard(upper), let lower = try ledger.groups.group(GroupID(rawValue: lower)) else {
      return nil
    }
    return WebhookPayload(
      object: .group(group.id), objectID: group.publicID.description, type: type, eventID: "event-\(entry.position)",
      data: [("groupId", .string(lower.publicID.description)), ("groupName", .string(lower.name))],
      person: try await person(of: entry))
  }

  /// Who caused an event: a person, or the one for whom a connector acted.
  private func person(of entry: AuditEntry) async throws -> (id: AccountID, name: String?, number: String?)? {
    if entry.actor.kind == .account { return try await person(AccountID(rawValue: entry.actor.number)) }
    guard entry.actor.kind == .connector else { return nil }
    var about: Set<Subject> = []
    entry.event.forEachSubject { about.insert($0) }
    // Recorded behind those whom the event is about, unless it is one of them.
    let named = entry.subjects.filter { $0.kind == .account }
    guard let subject = named.last(where: { !about.contains($0) }) ?? named.first else { return nil }
    return try await person(AccountID(rawValue: subject.number))
  }

  private func person(_ account: AccountID) async throws -> (id: AccountID, name: String?, number: String?)? {
    let leave = Disclosure.withoutRecord(for: ledger)
    return (
      account, try await ledger.accounts.revealNames(of: [account], under: leave)[0],
      try await ledger.accounts.revealFirstNumber(of: account, under: leave)
    )
  }
}
