public import CredentialLedger
import Synchronization

/// Takes the place of the service that sends PINs by SMS: keeps the messages, so that a test reads them.
///
/// ```swift
/// let request = try await ledger.phones.requestPIN(for: number, by: account)
/// outbox.send(request, to: number)
/// let phone = try await ledger.phones.verify(outbox.digits(for: number) ?? "", challenge: request.challenge, by: account)
/// ```
public final class PINOutbox: Sendable {
  /// A message as it would have been sent.
  public struct Message: Sendable {
    public let number: PhoneNumber
    /// Six digits.
    public let digits: String
    public let challenge: ChallengeID
    public let expiresAt: Timestamp
  }

  private let sent = Mutex<[Message]>([])

  /// An outbox with nothing in it.
  public init() {}

  /// Sends a PIN. Does nothing for a repeated request, whose PIN is not given again.
  public func send(_ request: Phones.PINRequest, to number: PhoneNumber) {
    guard let pin = request.pin else { return }
    let message = Message(
      number: number, digits: pin.digits, challenge: request.challenge, expiresAt: request.expiresAt)
    sent.withLock { $0.append(message) }
  }

  /// The messages, oldest first.
  public var messages: [Message] { sent.withLock { $0 } }

  /// The digits sent to a number last; nil where none were.
  public func digits(for number: PhoneNumber) -> String? { messages.last { $0.number == number }?.digits }
}
