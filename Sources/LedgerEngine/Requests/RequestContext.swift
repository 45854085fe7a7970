public import LedgerEvents

/// What accompanies a request: its IDs, where it came from, and who made a change and why.
public struct RequestContext: Sendable {
  /// The request's ID, recorded with its events; at most 64 bytes of UTF-8.
  public var requestID: String?
  /// The address that the request came from, recorded sealed; at most 64 bytes.
  public var address: String?
  /// Makes asking again harmless, for instance after an answer that never came: the same key with the same request, by
  /// the same caller, gets the same answer and appends nothing; with another request it is refused. Where the answer hides
  /// what was found (``PINSignIns``, ``Tokens/revoke(presented:connector:secret:context:)``), another request is performed.
  /// A PIN is not given again.
  ///
  /// Keys are remembered for ``LedgerConfiguration/idempotencyRetention`` at least, seven days unless configured. One that
  /// was forgotten counts as new: a request that is repeated with it is performed again, with other secrets. So does one
  /// that was used before the ledger was restored from an archive or an export.
  public var idempotencyKey: String?
  /// Where `Requester.operator` asks: the account of the operator who answers for it, which must have the operator role
  /// in force. Recorded among the subjects, as `operator:N`. See ``Operators/configure(_:context:)`` for ledgers that
  /// require it.
  public var namedOperator: AccountID?
  /// The reason of the change; at most 500 bytes, one line. It stays in the log for good and is not sealed: name nobody in it.
  public var reason: String?
  /// What it goes back to outside the ledger, such as `HR-77`; at most 100 bytes, one line. It stays for good as well.
  public var ticket: String?
  /// The proposal by which a change is made that needs the approval of a second operator: see ``Proposals``.
  public var proposal: ProposalID?

  public init(
    requestID: String? = nil, address: String? = nil, idempotencyKey: String? = nil, namedOperator: AccountID? = nil,
    reason: String? = nil, ticket: String? = nil, proposal: ProposalID? = nil
  ) {
    self.requestID = requestID
    self.address = address
    self.idempotencyKey = idempotencyKey
    self.namedOperator = namedOperator
    self.reason = reason
    self.ticket = ticket
    self.proposal = proposal
  }

  /// Nothing is known of the request.
  public static let none = RequestContext()
}
