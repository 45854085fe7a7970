public import LedgerDomain
public import LedgerEvents
import Projections

/// Names under which programs that embed the ledger record events of their own.
///
/// ```swift
/// try await ledger.eventNamespaces.register("com.example.billing", types: ["invoice.paid"], by: .operator)
/// ```
public struct EventNamespaces: Sendable {
  let ledger: Ledger

  /// Registers a namespace, or adds event types to one. Does nothing where it has them all, so a program may call it at each
  /// start. One commit.
  ///
  /// ```swift
  /// let billing = try await ledger.eventNamespaces.register(
  ///   "com.example.billing", types: ["invoice.paid", "invoice.sent"], by: Requester.operator)
  /// ```
  ///
  /// - Parameters:
  ///   - name: a domain name in reverse of a to z, 0 to 9 and `-`, with two labels or more, at most 100 bytes. It begins with no
  ///     word of the ledger's own events, such as `token`.
  ///   - types: names such as `invoice.paid`, at most 64 bytes each, at most 200 in a namespace. None is ever taken away.
  ///   - requester: an operator or a tenant administrator.
  /// - Throws: `invalid_value` of `namespace` or `types`, `forbidden`.
  @discardableResult
  public func register(
    _ name: String, types: [String], by requester: some Requesting, context: RequestContext = .none
  ) async throws(LedgerError) -> EventNamespace {
    try await ledger.submit(RegisterNamespace(name: name, types: types, requester: requester), context: context)
    guard let namespace = try namespace(name) else {
      throw LedgerError(.damaged, "the new namespace cannot be found")
    }
    return namespace
  }

  /// The namespace of a name; nil if there is none. A look-up or two, about a microsecond each, on the caller's thread.
  ///
  /// ```swift
  /// let types = try ledger.eventNamespaces.namespace("com.example.billing")?.eventTypes
  /// ```
  ///
  /// - Throws: `closed`, `damaged`, `storage`.
  public func namespace(_ name: String) throws(LedgerError) -> EventNamespace? {
    try ledger.reading { (state) throws(StateUnreadable) in
      guard let id = try state.eventNamespace(named: name) else { return nil }
      return try state.eventNamespace(id)
    }
  }

  /// All namespaces, oldest first. A look-up each, about a microsecond, on the caller's thread.
  ///
  /// ```swift
  /// let names = try ledger.eventNamespaces.all().map(\.name)
  /// ```
  ///
  /// - Parameters:
  ///   - last: the last of the page before; nil for the first page.
  ///   - limit: 1 to 1,000.
  /// - Throws: `invalid_value` of the limit.
  public func all(after last: EventNamespaceID? = nil, limit: Int = 100) throws(LedgerError) -> [EventNamespace] {
    guard (1...1_000).contains(limit) else {
      throw LedgerError(.invalidValue, "limit: expected 1 to 1,000", field: "limit")
    }
    return try ledger.reading { (state) throws(StateUnreadable) in
      var found: [EventNamespace] = []
      let first = EventNamespaceID.following(last).rawValue
      for number in try state.numbers(of: .eventNamespace, from: first, limit: limit) {
        if let namespace = try state.eventNamespace(EventNamespaceID(rawValue: number)) { found.append(namespace) }
      }
      return found
    }
  }
}

extension Ledger {
  /// Namespaces of events of other programs.
  public var eventNamespaces: EventNamespaces { EventNamespaces(ledger: self) }
}
