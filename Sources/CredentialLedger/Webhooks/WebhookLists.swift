public import LedgerDomain
public import LedgerEvents
import Projections

/// A webhook, and whether it delivers now.
public struct WebhookState: Sendable, Equatable {
  public let webhook: Webhook
  /// Why it delivers nothing; nil while it does.
  public let denialReason: Webhook.DenialReason?

  public var isInForce: Bool { denialReason == nil }
}

extension Webhooks {
  /// A webhook as it is now, deleted or not; nil if there is none.
  ///
  /// - Throws: `closed`, `damaged`, `storage`.
  public func webhook(_ id: WebhookID) throws(LedgerError) -> Webhook? {
    try ledger.reading { (state) throws(StateUnreadable) in try state.webhook(id) }
  }

  /// The webhook that a client names, deleted or not; nil if there is none.
  ///
  /// - Throws: `closed`, `damaged`, `storage`.
  public func webhook(publicID: PublicID) throws(LedgerError) -> Webhook? {
    try ledger.reading { (state) throws(StateUnreadable) in
      guard let id = try state.webhook(publicID: publicID) else { return nil }
      return try state.webhook(id)
    }
  }

  /// Whether a webhook delivers now; nil if there is none. Some ten look-ups.
  ///
  /// - Throws: `closed`, `damaged`, `storage`.
  public func state(of id: WebhookID) throws(LedgerError) -> WebhookState? {
    let now = try ledger.now
    return try ledger.reading { (state) throws(StateUnreadable) in try state.states([id], at: now).first }
  }

  /// The webhooks under a grant that are not deleted, oldest first, each with whether it delivers.
  ///
  /// - Throws: `closed`, `damaged`, `storage`.
  public func states(of grant: GrantID) throws(LedgerError) -> [WebhookState] {
    let now = try ledger.now
    return try ledger.reading { (state) throws(StateUnreadable) in
      try state.states(try state.webhooks(of: grant), at: now)
    }
  }

  /// The webhooks of a connector that are not deleted, oldest first, each with whether it delivers.
  ///
  /// - Throws: `closed`, `damaged`, `storage`.
  public func states(of connector: ConnectorID) throws(LedgerError) -> [WebhookState] {
    let now = try ledger.now
    return try ledger.reading { (state) throws(StateUnreadable) in
      try state.states(try state.webhooks(of: connector), at: now)
    }
  }

  /// Some of the webhooks of a connector that are not deleted, the oldest, each with whether it delivers: some ten look-ups each.
  package func some(of connector: ConnectorID, limit: Int) throws(LedgerError) -> [WebhookState] {
    let now = try ledger.now
    return try ledger.reading { (state) throws(StateUnreadable) in
      try state.states(Array(state.webhooks(of: connector).prefix(limit)), at: now)
    }
  }

  /// The webhooks that listen to an object and are not deleted, oldest first, each with whether it delivers.
  ///
  /// - Parameters:
  ///   - after: the last webhook of the page before.
  ///   - limit: 1 to 1,000.
  /// - Throws: `invalid_value` of the limit; `closed`, `damaged`, `storage`.
  public func states(
    on object: WebhookObject, after: WebhookID? = nil, limit: Int = 100
  ) throws(LedgerError) -> [WebhookState] {
    guard (1...1_000).contains(limit) else {
      throw LedgerError(.invalidValue, "limit: expected 1 to 1,000", field: "limit")
    }
    let now = try ledger.now
    return try ledger.reading { (state) throws(StateUnreadable) in
      try state.states(try state.webhooks(on: object, after: after, limit: limit), at: now)
    }
  }

  /// Where a webhook is told, with its token and context: for its connector, which reads them by
  /// `GET /webhook`. Nil once it is deleted. Opened on a thread for reading.
  ///
  /// - Throws: `key_unavailable`; `closed`, `busy`, `damaged`, `storage`.
  public func callback(of id: WebhookID) async throws(LedgerError) -> WebhookCallback? {
    let ledger = ledger
    guard let webhook = try webhook(id), !webhook.isDeleted else { return nil }
    return try await ledger.blocking(.short) { () throws(LedgerError) in try ledger.open(webhook.details) }
  }
}

extension DomainReader where Self: ~Copyable {
  fileprivate func states(_ ids: [WebhookID], at now: Timestamp) throws(StateUnreadable) -> [WebhookState] {
    var states: [WebhookState] = []
    for id in ids {
      guard let webhook = try webhook(id) else { continue }
      states.append(WebhookState(webhook: webhook, denialReason: try denialReason(for: webhook, at: now)))
    }
    return states
  }
}
