public import CredentialLedger
import HTTPSupport
public import MessageStore

/// Puts what happens into the queues of the webhooks that listen: messages, and events of the ledger.
///
/// How far it has come is kept in `FeedPositions`, each time after what it put into the queues is durable: so after a crash some
/// may be told twice, and none is left out. Each of both goes in its own order. A webhook is told of nothing that is older than it,
/// also where this lags behind, or begins again after a crash.
public struct WebhookFeed: Sendable {
  private static let messagesCursor = "webhooks.messages"
  private static let eventsCursor = "webhooks.events"
  /// How many are looked at before it is noted how far it has come.
  private static let page = 64

  private let ledger: Ledger
  private let messages: any MessagingBackend
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
    self.positions = positions
    self.report = report
  }

  /// The same, with the positions beside the messages of the built-in store.
  public init(_ ledger: Ledger, _ store: MessageStore, report: @escaping @Sendable (String) -> Void) {
    self.init(ledger, store, positions: store, report: report)
  }

  /// Runs until the task is cancelled. What fails is tried again.
  public func run() async {
    await withDiscardingTaskGroup { group in
      group.addTask { await repeated("messages") { try await followMessages() } }
      group.addTask { await repeated("events") { try await followEvents() } }
    }
  }

  private func repeated(_ name: String, _ body: () async throws -> Void) async {
    while !Task.isCancelled {
      do { try await body() } catch {
        if Task.isCancelled { return }
        report("telling webhooks of \(name) failed and is tried again: \(error)")
        try? await Task.sleep(for: .seconds(5))
      }
    }
  }

  private func followMessages() async throws {
    var last = try await positions.cursor(Self.messagesCursor) ?? 0
    var backlog = try await WebhookBacklog(positions, of: .messages)
    var kept = last
    // The head of the ledger at a look that left no message out: what is found later is newer than the webhooks up to there,
    // whatever the clock of the backend says.
    var seen: UInt64 = 0
    while !Task.isCancelled {
      let head = try ledger.health.head
      let found = try await messages.messages(after: last, limit: Self.page)
      var isTold = false
      for message in found {
        let full = try await tell(of: message) {
          backlog.told[$0.id] == nil && ($0.id.rawValue <= seen || $0.registeredAt <= message.postedAt)
        }
        guard let full else { continue }
        isTold = true
        for webhook in full { try await backlog.note(webhook, toldUntil: message.number - 1) }
      }
      last = found.last?.number ?? last
      if found.count < Self.page { seen = head }
      // A commit for every few messages of no concern would delay those who post. At rest the position is kept.
      if isTold || last - kept >= 1_000 || (found.isEmpty && last > kept) {
        try await positions.setCursor(Self.messagesCursor, to: last)
        kept = last
      }
      for (webhook, told) in backlog.told {
        try await catchUp(webhook, &backlog) {
          var reached = told
          for message in try await messages.messages(after: told, limit: Self.page) where message.number <= last {
            guard try await tell(of: message, to: { $0.id == webhook })?.isEmpty ?? true else { break }
            reached = message.number
          }
          // None that is left has a number up to the last: old ones may have been removed meanwhile.
          let isDone = try await messages.messages(after: reached, limit: 1).first.map { $0.number > last } ?? true
          return isDone ? nil : reached
        }
      }
      // What comes meanwhile is looked at together.
      if found.count < Self.page { await pause() }
    }
  }

  /// Of what is new it is told within this time; to look costs one look-up.
  private func pause() async { try? await Task.sleep(for: .milliseconds(50)) }

  /// Tells a webhook of what it missed while its queue was full, as far as there is room now.
  ///
  /// - Parameter tell: tells it of some, and gives the number of the last; nil once that is all.
  private func catchUp(
    _ webhook: WebhookID, _ backlog: inout WebhookBacklog, telling tell: () async throws -> UInt64?
  ) async throws {
    guard try ledger.webhooks.state(of: webhook)?.isInForce == true else { return try await backlog.forget(webhook) }
    // Half of it, so that it is not filled again one by one.
    guard try ledger.deliveries.queue(of: webhook).map({ $0.count <= ledger.deliveries.limit / 2 }) ?? true else {
      return
    }
    if let reached = try await tell() {
      if reached != backlog.told[webhook] { try await backlog.note(webhook, toldUntil: reached) }
    } else {
      try await backlog.forget(webhook)
    }
  }

  /// - Returns: the webhooks whose queue is full; nil where none listens to the group.
  private func tell(of message: Message, to isWanted: (Webhook) -> Bool) async throws -> [WebhookID]? {
    // Most groups have none, and to learn who wrote takes far longer than to see that.
    guard let text = message.text, try !ledger.webhooks.states(on: .group(message.group), limit: 1).isEmpty,
      let group = try ledger.groups.group(message.group), !group.isDeleted
    else { return nil }
    let event = try await WebhookPayload(
      object: .group(group.id), objectID: group.publicID.description, type: .textMessageCreated,
      eventID: message.reference.description, data: [("text", .string(text))],
      person: person(message.author)
    ).queued
    return try await ledger.deliveries.enqueue(event, where: isWanted).full
  }

  private func followEvents() async throws {
    var last: UInt64
    if let kept = try await positions.cursor(Self.eventsCursor) {
      last = kept
    } else {
      // Nothing of the time before the server had webhooks is told.
      last = try ledger.health.head
      try await positions.setCursor(Self.eventsCursor, to: last)
    }
    var backlog = try await WebhookBacklog(positions, of: .events)
    var kept = last
    while !Task.isCancelled {
      let page = try await events(after: last)
      var isTold = false
      for entry in page.entries {
        if case .subjectErased(let event) = entry.event, let account = AccountID(unlessZero: event.account) {
          try await messages.erase(account)
          isTold = true
        }
        let full = try await tell(of: entry) { backlog.told[$0.id] == nil && $0.id.rawValue < entry.position }
        if let full {
          for webhook in full { try await backlog.note(webhook, toldUntil: entry.position - 1) }
          isTold = true
        }
      }
      last = max(last, page.next ?? page.head)
      // Ignored events are skipped again quickly.
      if isTold || last - kept >= 1_000 {
        try await positions.setCursor(Self.eventsCursor, to: last)
        kept = last
      }
      for (webhook, told) in backlog.told {
        let end = last
        try await catchUp(webhook, &backlog) {
          let missed = try await events(after: told)
          var reached = told
          for entry in missed.entries {
            if entry.position > end { return nil }
            guard try await tell(of: entry, to: { $0.id == webhook })?.isEmpty ?? true else { return reached }
            reached = entry.position
          }
          reached = missed.next ?? missed.head
          return reached < end ? reached : nil
        }
      }
      if page.entries.isEmpty { await pause() }
    }
  }

  /// The events after a position that are of concern, some at a time.
  private func events(after position: UInt64) async throws(LedgerError) -> Audit.Page {
    try await ledger.audit.search(
      .anyType(of: [
        .groupMemberAdded, .groupMemberRemoved, .groupSubgroupAttached, .groupSubgroupDetached, .subjectErased,
      ]),
      order: .oldestFirst, after: position, limit: Self.page)
  }

  /// - Returns: the webhooks whose queue is full; nil for an event that none is told of.
  private func tell(of entry: AuditEntry, to isWanted: (Webhook) -> Bool) async throws -> [WebhookID]? {
    let event: WebhookPayload?
    switch entry.event {
    case .groupMemberAdded(let added):
      event = try await change(.memberAdded, MembershipID(rawValue: entry.position), added.group, entry)
    case .groupMemberRemoved(let removed):
      event = try await change(.memberRemoved, MembershipID(rawValue: removed.membership), removed.group, entry)
    case .groupSubgroupAttached(let attached):
      event = try await change(.groupAdded, attached.subgroup, below: attached.group, entry)
    case .groupSubgroupDetached(let detached):
      event = try await change(.groupRemoved, detached.subgroup, below: detached.group, entry)
    default: return nil
    }
    guard let event else { return nil }
    return try await ledger.deliveries.enqueue(event.queued, where: isWanted).full
  }

  private func change(
    _ type: WebhookEventType, _ id: MembershipID, _ group: UInt64, _ entry: AuditEntry
  ) async throws -> WebhookPayload? {
    guard let group = try ledger.groups.group(GroupID(rawValue: group)), !group.isDeleted,
      let member = try ledger.groups.membership(id)
    else { return nil }
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
    guard let group = try ledger.groups.group(GroupID(rawValue: upper)), !group.isDeleted,
      let lower = try ledger.groups.group(GroupID(rawValue: lower))
    else { return nil }
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
    guard let behalf = named.last(where: { !about.contains($0) }) ?? named.first else { return nil }
    return try await person(AccountID(rawValue: behalf.number))
  }

  private func person(_ account: AccountID) async throws -> (id: AccountID, name: String?, number: String?)? {
    let leave = Disclosure.withoutRecord(for: ledger)
    return (
      account, try await ledger.accounts.revealNames(of: [account], under: leave)[0],
      try await ledger.accounts.revealFirstNumber(of: account, under: leave)
    )
  }
}
