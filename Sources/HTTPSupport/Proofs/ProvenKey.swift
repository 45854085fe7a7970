public import CredentialLedger

/// A key that a request proves to have (RFC 9449), by a proof that was not taken yet.
///
/// Anybody can make a proof of a key of their own. So a proof is remembered, that it is not taken twice, once the token that came
/// with it was found good: strangers would use up the memory for it otherwise.
public struct ProvenKey: Sendable {
  public let thumbprint: KeyThumbprint
  private let taking: @Sendable () throws(RequestError) -> Void

  /// - Parameter taking: takes the proof, or refuses it.
  public init(_ thumbprint: KeyThumbprint, taking: @escaping @Sendable () throws(RequestError) -> Void) {
    self.thumbprint = thumbprint
    self.taking = taking
  }

  /// Takes the proof, so that nobody uses it again. Nothing may be done for a request before.
  ///
  /// - Throws: `invalidProof` for one that was taken before, `unavailable` where too many are remembered, `tooMany` where too many
  ///   of this key are.
  public func take() throws(RequestError) { try taking() }
}
