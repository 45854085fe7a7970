public import LedgerCrypto
public import LedgerEvents

/// A resource server as it is now: a program that is shown access tokens, and may ask about all of them.
public struct ResourceServer: Sendable, Equatable {
  public var id: ResourceServerID
  /// The ID that it authenticates by.
  public var publicID: PublicID
  public var name: String
  /// The absolute URI by which clients name it as the target of a token (RFC 8707); nil where they cannot.
  public var audience: String?
  public var secret: SecretID
  public var digest: Digest
  /// The secret before, accepted until ``previousUntil``; number, digest and time are zero where there is none.
  public var previousSecret: SecretID
  public var previousDigest: Digest
  public var previousUntil: Timestamp
  public var isDeleted: Bool
  public var createdAt: Timestamp

  public init(
    id: ResourceServerID, publicID: PublicID, name: String, audience: String?, secret: SecretID, digest: Digest,
    previousSecret: SecretID = SecretID(rawValue: 0), previousDigest: Digest = .zero,
    previousUntil: Timestamp = Timestamp(rawValue: 0), isDeleted: Bool = false, createdAt: Timestamp
  ) {
    self.id = id
    self.publicID = publicID
    self.name = name
    self.audience = audience
    self.secret = secret
    self.digest = digest
    self.previousSecret = previousSecret
    self.previousDigest = previousDigest
    self.previousUntil = previousUntil
    self.isDeleted = isDeleted
    self.createdAt = createdAt
  }
}
