/// What a key of a ledger is for. The keys of a kind are numbered from 1, and the newest is the one in use.
public enum KeyKind: String, Sendable, Hashable, CaseIterable {
  /// Signs checkpoints: Ed25519 seeds.
  case signing
  /// The keys that the persons' keys are sealed under.
  case person
  /// Masks the positions in tokens.
  case tokenMask = "token-mask"
  /// Keys the hashes by which phone numbers and identities are found.
  case lookup
  /// Keys the digests of PINs.
  case pinPepper = "pin-pepper"
  /// Derives what a repeated request must find again.
  case derivation
  /// Keys the checks of the rows that decide access.
  case rowCheck = "row-check"
  /// Signs access tokens and status lists (RFC 9068): seeds of keys of P-256.
  case tokenSigning = "token-signing"

  /// Who uses the keys of the kind.
  var role: RoleKeys.Role {
    switch self {
    case .person, .tokenMask, .lookup, .rowCheck, .tokenSigning: .reader
    case .pinPepper, .derivation: .writer
    case .signing: .signer
    }
  }
}

extension KeyKind: CustomStringConvertible {
  /// The name in the file of the keyring.
  public var description: String { rawValue }
}
