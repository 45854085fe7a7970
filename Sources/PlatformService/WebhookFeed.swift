public import CredentialLedger
import HTTPSupport
public import MessageStore

/// Puts what happens into the queues of the webhooks that listen: messages, and events of the ledger.
///
/// How far it has come is kept in the message store, each time after what it put there is durable: so after a crash some may be
/// told twice, and none is left out. Each of both goes in its own order.
public struct WebhookFeed: Sendable {
  private static let messagesCursor = "webhooks.messages"
  private static let eventsCursor = "webhooks.events"

  private let ledger: Ledger
  private let store: MessageStore
  private let report: @Sendable (String) -> Void

  /// - Parameter report: hears of what went wrong, without anything personal.
  public init(_ ledger: Ledger, _ store: MessageStore, report: @escaping @Sendable (String) -> Void) {
    self.ledger = ledger
    self.store = store
    self.report = report
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
    var last = try await store.cursor(Self.messagesCursor) ?? 0
    while !Task.isCancelled {
      let found = try await store.messages(after: last, limit: 64)
      for message in found { try await tell(of: message) }
      if let newest = found.last {
        last = newest.number
        try await store.setCursor(Self.messagesCursor, to: last)
      } else {
        // Of a new message it is told within this time; to look costs one look-up.
        try? await Task.sleep(for: .milliseconds(50))
      }
    }
  }

  private func tell(of message: Message) async throws {
    guard let text = message.text, let group = try ledger.groups.group(message.group), !group.isDeleted else { return }
    try await enqueue(
      WebhookEvent(
        object: .group(group.id), objectID: group.publicID.description, type: .textMessageCreated,
        eventID: message.reference.description, data: [("text", .string(text))],
        person: try await person(message.author)
      ))
  }

  private func followEvents() async throws {
    var last: UInt64
    if let kept = try await store.cursor(Self.eventsCursor) {
      last = kept
    } else {
      // Nothing of the time before the server had webhooks is told.
      last = try ledger.health.head
      try await store.setCursor(Self.eventsCursor, to: last)
    }
    var unkept = 0
    for try await entry in ledger.events(from: last + 1) {
      let isTold = try await tell(of: entry)
      last = entry.position
      unkept += 1
      // What is of no concern is passed over again in no time.
      if isTold || unkept >= 1_000 {
        try await store.setCursor(Self.eventsCursor, to: last)
        unkept = 0
      }
      if Task.isCancelled { return }
    }
  }

  /// - Returns: whether it concerned somebody.
  private func tell(of entry: AuditEntry) async throws -> Bool {
    switch entry.event {
    case .groupMemberAdded(let event):
      try await tell(.memberAdded, MembershipID(rawValue: entry.position), event.group, entry)
    case .groupMemberRemoved(let event):
      try await tell(.memberRemoved, MembershipID(rawValue: event.membership), event.group, entry)
    case .groupSubgroupAttached(let event): try await tell(.groupAdded, event.subgroup, below: event.group, entry)
    case .groupSubgroupDetached(let event): try await tell(.groupRemoved, event.subgroup, below: event.group, entry)
    case .subjectErased(let event):
      guard let account = AccountID(unlessZero: event.account) else { return false }
      try await store.erase(account)
    default: return false
    }
    return true
  }

  private func tell(
    _ type: WebhookEventType, _ id: MembershipID, _ group: UInt64, _ entry: AuditEntry
  ) async throws {
    guard let group = try ledger.groups.group(GroupID(rawValue: group)), !group.isDeleted,
      let member = try ledger.groups.membership(id)
    else { return }
    let number = try await ledger.groups.revealNumbers(of: [member], under: .withoutRecord(for: ledger))[0]
    let name = try await ledger.accounts.revealNames(of: [member.account], under: .withoutRecord(for: ledger))[0]
    try await enqueue(
      WebhookEvent(
        object: .group(group.id), objectID: group.publicID.description, type: type, eventID: "event-\(entry.position)",
        data: [
          ("member", .string(number ?? "")), ("memberName", .string(name ?? "")), ("memberProfilePic", .string("")),
          ("type", .string(member.role.wireName)), ("memberId", member.wireID),
        ], person: try await person(of: entry)))
  }

  private func tell(
    _ type: WebhookEventType, _ lower: UInt64, below upper: UInt64, _ entry: AuditEntry
  ) async throws {
    guard let group = try ledger.groups.group(GroupID(rawValue: upper)), !group.isDeleted,
      let lower = try ledger.groups.group(GroupID(rawValue: lower))
    else { return }
    try await enqueue(
      WebhookEvent(
        object: .group(group.id), objectID: group.publicID.description, type: type, eventID: "event-\(entry.position)",
        data: [("groupId", .string(lower.publicID.description)), ("groupName", .string(lower.name))],
        person: try await person(of: entry)))
  }

  /// Who caused an event: a person, or the one for whom a connector acted.
  private func person(of entry: AuditEntry) async throws -> (id: AccountID, name: String?, number: String?)? {
    if entry.actor.kind == .account { return try await person(AccountID(rawValue: entry.actor.number)) }
    return nil
  }

  private func person(_ account: AccountID) async throws -> (id: AccountID, name: String?, number: String?)? {
    let leave = Disclosure.withoutRecord(for: ledger)
    return (
      account, try await ledger.accounts.revealNames(of: [account], under: leave)[0],
      try await ledger.accounts.revealFirstNumber(of: account, under: leave)
    )
  }

  private func enqueue(_ event: WebhookEvent) async throws {
    let enqueued = try await ledger.deliveries.enqueue(event.happening)
    for webhook in enqueued.full { report("\(webhook) is not told of an event: too much waits for it") }
  }
}
