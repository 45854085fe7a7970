/// What a request is known by, besides what it asks for.
public struct RequestContext: Sendable {
  /// The request's ID, recorded with its events; at most 64 bytes of UTF-8.
  public var requestID: String?
  /// The address that the request came from, recorded sealed; at most 64 bytes.
  public var address: String?
  /// Makes asking again harmless, for instance after an answer that never came: the same key with the same request, by
  /// the same caller, gets the same answer and appends nothing; with another request it is refused. Where the answer hides
  /// what was found (``PINSignIns``, ``Tokens/revoke(presented:connector:secret:context:)``), another request is performed.
  /// A PIN is not told again.
  ///
  /// Keys are remembered for ``LedgerConfiguration/idempotencyRetention`` at least, seven days unless configured. One that
  /// was forgotten counts as new: a request that is repeated with it is performed again, with other secrets. So does one
  /// that was used before the ledger was restored from an archive or an export.
  public var idempotencyKey: String?

  public init(requestID: String? = nil, address: String? = nil, idempotencyKey: String? = nil) {
    self.requestID = requestID
    self.address = address
    self.idempotencyKey = idempotencyKey
  }

  /// Nothing is known of the request.
  public static let none = RequestContext()
}
