import EventLog
import KeyStore
public import LedgerDomain
public import LedgerEvents
import Projections

/// The erasure of people.
public struct People: Sendable {
  let ledger: Ledger

  /// Erases the person of an account, for good: its personal data and the numbers that it holds can be read by nobody
  /// any more, and what it granted and its connectors stop. Erasing again finishes what an earlier call began.
  ///
  /// ```swift
  /// try await ledger.people.erase(account, by: Requester.operator)
  /// ```
  ///
  /// - Parameter requester: the operator, or the person, for whom ``LedgerConfiguration/selfErasures`` holds.
  /// - Throws: `forbidden`, `not_found`; `too_many` within an hour of registering, and where too many persons erase themselves; `storage` or `disk_full` of the field `keys` where the erasure is recorded and a key
  ///   could not be destroyed: erase again, or open the ledger for writing, which destroys it.
  public func erase(
    _ account: AccountID, by requester: some Requesting, context: RequestContext = .none
  ) async throws(LedgerError) {
    let command = EraseSubject(
      .account(account), requester: Requester(requester), limits: ledger.configuration.selfErasures)
    let own = try ledger.person(of: account).bytes
    var request = try prepare(Requester(requester), context)
    try ledger.propose(&request, .eraseAccount(account))
    while true {
      let erased = try await erase(command, request)
      if erased.isEmpty || erased.contains(own) { break }
      // The first commit used it up, for this erasure as a whole.
      request.hasUsedProposal = request.proposal != nil
    }
    try await ledger.destroyKeys(of: [own])
  }

  /// Erases a number that no account holds, wherever memberships carry it.
  ///
  /// ```swift
  /// try await ledger.people.erase(PhoneNumber("+33699999999"), by: Requester.operator)
  /// ```
  ///
  /// - Parameter requester: the operator.
  /// - Throws: as ``erase(_:by:context:)-(AccountID,_,_)``; `conflict` where an account holds the number.
  public func erase(
    _ number: PhoneNumber, by requester: some Requesting, context: RequestContext = .none
  ) async throws(LedgerError) {
    let command = EraseSubject(.number(try ledger.hash(of: number)), requester: Requester(requester))
    var request = try prepare(Requester(requester), context)
    try ledger.propose(&request, .eraseNumber(number))
    _ = try await erase(command, request)
  }

  private func prepare(_ requester: Requester, _ context: RequestContext) throws(LedgerError) -> PreparedRequest {
    var context = context
    // The address is left out: it would be sealed under the key that goes.
    if requester.account != nil { context.address = nil }
    // Prepared apart, as an erasure may take several commits, and destroys keys after each. Doing it twice is harmless, and
    // the answer to a repeated request would not say that keys are left.
    return try ledger.prepare(context)
  }

  private func erase(
    _ command: EraseSubject, _ request: PreparedRequest
  ) async throws(LedgerError) -> [[UInt8]] {
    let erased = try await ledger.submit(command, in: request)
    try await ledger.destroyKeys(of: erased)
    return erased
  }
}

extension Ledger {
  /// The erasure of people.
  public var people: People { People(ledger: self) }
}
