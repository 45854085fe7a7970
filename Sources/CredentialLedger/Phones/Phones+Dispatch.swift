import LedgerDomain
public import LedgerEvents

extension Phones {
  /// What became of the message with a PIN.
  public struct PINDispatch: Sendable, Equatable {
    /// How often the gateway was asked to send it.
    public var attempts: Int
    /// Why it was not sent; nil where the gateway took it.
    public var failure: Failure?
    /// The HTTP status of the gateway's last answer, if it gave one.
    public var status: Int?

    public init(attempts: Int, failure: Failure? = nil, status: Int? = nil) {
      self.attempts = attempts
      self.failure = failure
      self.status = status
    }

    /// Why a message was not sent.
    public enum Failure: Sendable, Equatable, CaseIterable {
      /// The gateway refused it for good.
      case refused
      /// The gateway could not be reached, or failed itself, at each try.
      case unreachable
      /// Too many messages waited.
      case overloaded
      /// The PIN expired, or the program ended, before it was sent.
      case expired
    }
  }

  /// Records what became of the message with a PIN, as `phone.pin_dispatched`: neither number nor PIN. One commit.
  ///
  /// ```swift
  /// try await ledger.phones.record(.init(attempts: 1, status: 201), of: request.challenge)
  /// ```
  ///
  /// - Throws: `not_found` for a PIN that the ledger did not make.
  public func record(
    _ dispatch: PINDispatch, of challenge: ChallengeID, context: RequestContext = .none
  ) async throws(LedgerError) {
    let failure: PINDispatchFailure =
      switch dispatch.failure {
      case nil: .none
      case .refused: .refused
      case .unreachable: .unreachable
      case .overloaded: .overloaded
      case .expired: .expired
      }
    let command = RecordPINDispatch(
      challenge: challenge, attempts: UInt32(clamping: dispatch.attempts), failure: failure,
      status: UInt32(clamping: dispatch.status ?? 0))
    _ = try await ledger.submit(command, by: .ledger, context: context)
  }
}
