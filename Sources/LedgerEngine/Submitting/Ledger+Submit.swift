package import LedgerDomain

extension Ledger {
  /// Performs a command that holds all that was asked for, and answers once its events are durable.
  ///
  /// - Parameters:
  ///   - command: says who asks, and what a request with the same idempotency key must ask for as well.
  ///   - context: what else is known of the request.
  /// - Throws: `invalid_value` for a context that is out of bounds, and what ``execute(_:by:_:)`` throws.
  package func submit<C: RequestedCommand>(
    _ command: C, context: RequestContext
  ) async throws(LedgerError) -> C.Outcome {
    let request = try prepare(context, within: .requester(command.requester), command.encoding)
    return try await execute(command, by: command.requester.account, request)
  }
}
