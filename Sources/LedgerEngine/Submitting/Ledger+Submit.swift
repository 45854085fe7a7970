import EventLog
package import LedgerDomain

// The one way of a command to the writer: who calls, what is asked, and the command. What takes several commits has them
// within one prepared request.
extension Ledger {
  /// Performs a command that holds all that was asked for, and answers once its events are durable.
  ///
  /// - Parameters:
  ///   - command: says who asks, and what a request with the same idempotency key must ask for as well.
  ///   - change: what must have been approved, where the context names a proposal.
  ///   - context: what else is known of the request.
  /// - Throws: `invalid_value` for a context that is out of bounds; what the command is refused for; `closed`, `busy`, `storage`,
  ///   `damaged`, `outcome_unknown`.
  package func submit<C: RequestedCommand>(
    _ command: C, proposing change: ProposedRequest? = nil, context: RequestContext
  ) async throws(LedgerError) -> C.Outcome {
    try await submit(
      command, asked: command.encoding, by: .requester(command.requester), proposing: change, context: context)
  }

  /// Performs a command for somebody who asked for it in other words than the command has: a hash or a sealed text stands in
  /// the place of what was asked.
  ///
  /// - Parameters:
  ///   - encoding: what was asked; made only where there is an idempotency key. Nil is performed again each time.
  ///   - answersAlike: whether the answer hides what was found.
  ///   - change: what must have been approved, where the context names a proposal.
  package func submit<C: Command>(
    _ command: C, asked encoding: @autoclosure () -> RequestEncoding? = nil, by caller: Caller,
    answersAlike: Bool = false, proposing change: ProposedRequest? = nil, context: RequestContext
  ) async throws(LedgerError) -> C.Outcome {
    var request = try prepare(context, by: caller, answersAlike: answersAlike, encoding())
    request.proposed = change
    return try await submit(command, in: request)
  }

  /// Performs a command that records digests of secrets, and answers with those secrets. A repeated request gets the ones
  /// that were made when it was first performed.
  ///
  /// - Parameters:
  ///   - make: makes the secrets.
  ///   - command: makes the command of them.
  package func submit<C: Command, Made: Sendable>(
    asked encoding: @autoclosure () -> RequestEncoding, by caller: Caller, answersAlike: Bool = false,
    context: RequestContext,
    making make: (RequestSecrets) throws(LedgerError) -> Made, _ command: (Made) async throws(LedgerError) -> C
  ) async throws(LedgerError) -> Submitted<C.Outcome, Made> {
    let request = try prepare(context, by: caller, answersAlike: answersAlike, encoding())
    let made = try make(request.secrets)
    let performed = try await perform(command(made), request)
    guard let memo = performed.earlierMemo, let keyed = request.keyed else {
      return Submitted(performed.outcome, made, isRepeated: false)
    }
    let first = try logged { () throws(LogError) in try keyed.nonce(in: memo) }
    return Submitted(performed.outcome, try make(.derived(first)), isRepeated: true)
  }

  /// Performs a command within a request that takes several commits.
  ///
  /// - Parameter request: without one, the ledger records by itself what was done, or asked for, before.
  package func submit<C: Command>(
    _ command: C, in request: PreparedRequest = PreparedRequest()
  ) async throws(LedgerError) -> C.Outcome {
    guard command.isAutomatic else { return try await perform(command, request).outcome }
    var request = request
    request.isAutomatic = true
    return try await perform(command, request).outcome
  }
}
