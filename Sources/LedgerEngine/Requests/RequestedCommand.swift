package import LedgerDomain

/// A command that holds all that was asked for: who asks, and the bytes of the request, follow from it.
///
/// ``Ledger/submit(_:proposing:context:)`` is all that such a command needs. A command does not conform where something
/// that was asked is not in it as it was asked: a phone number of which it has a hash, or a text that it has sealed. Nor
/// does one that records a secret, or for which nobody asks who is known before it is decided.
package protocol RequestedCommand: Command {
  /// Who asks: within whose idempotency keys the request's key is unique, and whose key seals the address.
  var requester: Requester { get }
  /// What is asked for, in the order that is fixed for good.
  var encoding: RequestEncoding { get }
}
