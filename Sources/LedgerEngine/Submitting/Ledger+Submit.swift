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

  /// Performs a command for somebody who asked for it in other words than the command has, and answers once its events are
  /// durable.
  ///
  /// - Parameters:
  ///   - encoding: what was asked; made only where there is an idempotency key.
  ///   - requester: the command's.
  package func submit<C: Command>(
    _ command: C, asked encoding: @autoclosure () -> RequestEncoding, by requester: Requester, context: RequestContext
  ) async throws(LedgerError) -> C.Outcome {
    let request = try prepare(context, within: .requester(requester), encoding())
    return try await execute(command, by: requester.account, request)
  }

  /// Performs a command that records digests of secrets for somebody who asked for it, and answers with those secrets. A
  /// repeated request gets the ones that were made when it was first performed.
  ///
  /// - Parameters:
  ///   - encoding: what was asked; made only where there is an idempotency key.
  ///   - requester: the command's.
  ///   - make: makes the secrets.
  ///   - command: makes the command of them.
  package func submit<C: Command, Made: Sendable>(
    asked encoding: @autoclosure () -> RequestEncoding, by requester: Requester, context: RequestContext,
    making make: (RequestSecrets) throws(LedgerError) -> Made, _ command: (Made) async throws(LedgerError) -> C
  ) async throws(LedgerError) -> (outcome: C.Outcome, made: Made) {
    let request = try prepare(context, within: .requester(requester), encoding())
    return try await execute(by: requester.account, request, making: make, command)
  }
}
