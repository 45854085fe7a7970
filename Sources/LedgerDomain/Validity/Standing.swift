public import LedgerCrypto
public import LedgerEvents

/// Whether one object stands, and what it depends on: a node of the graph by which tokens are valid.
///
/// A token depends on its family, the family on its grant, the grant on the connector, the granter, the granter's
/// membership of the group and the granter's phone, and so on. Stopping any of them is one event and one row, whatever
/// the number of tokens that depend on it, because validity is looked up along the graph and stamped nowhere.
///
/// Objects are numbered by the position of the event that made them, across all kinds, so the whole graph is one
/// table in the order of the log. What depends on what, in the order of ``parents``:
///
/// | Object | Kind | Stands on |
/// | --- | --- | --- |
/// | access token | `token` | family, or the connector whose own it is; its audiences follow |
/// | refresh token that succeeded another | `family` | family |
/// | family, which is its first refresh token too | `family` | grant; its audiences follow |
/// | grant | `grant` | connector, granter, the granter's membership (0 if not for a group), the granter's phone |
/// | connector | `connector` | owner; ``ownTokensStoppedBy`` follows |
/// | membership | `membership` | group |
/// | account, group, phone | `account`, `group`, `phone` | nothing |
///
/// Tokens carry the scopes that they were issued with, grants those granted, connectors those of their details. A
/// granter's account lets those of the tenant's data pass only while its role is tenant administrator; all else lets
/// every scope pass.
@usableFromInline package struct Standing: Sendable, Equatable {
  @usableFromInline package var kind: SubjectKind
  /// Position of the event that stopped it; 0 while it stands. Cleared when it is started again.
  @usableFromInline package var stoppedBy: UInt64
  /// Position of the latest event that stopped, for good, everything older that depends on this object; 0 if none.
  ///
  /// What counts as older depends on the object. On a membership (its holder was demoted) it is the grants with a
  /// smaller number; on a connector or a granter's account (all tokens revoked) it is the families with a smaller
  /// number, with the access tokens from them, whenever issued.
  @usableFromInline package var floor: UInt64
  /// The scopes that pass through here; what a token may do is what all on its way let pass.
  @usableFromInline package var scopes: Scopes
  /// What this depends on; 0 where there are fewer than four.
  @usableFromInline package var parents: InlineArray<4, UInt64>
  /// Of tokens only: when it expires, and the digest of its secret part.
  @usableFromInline package var credential: Credential?

  /// What a token's own row adds.
  @usableFromInline package struct Credential: Sendable, Equatable {
    @usableFromInline package var digest: Digest
    @usableFromInline package var expiresAt: Timestamp
    /// Of a refresh token: the handle of its successor (0 if none), and the moment from which it may not be presented
    /// any more.
    @usableFromInline package var successor: UInt64
    @usableFromInline package var acceptedUntil: Timestamp
    /// Of an access token that is bound to a key: its SHA-256 thumbprint (RFC 7638).
    @usableFromInline package var keyThumbprint: Digest?

    package init(
      digest: Digest, expiresAt: Timestamp, successor: UInt64 = 0, acceptedUntil: Timestamp = Timestamp(rawValue: 0)
    ) {
      self.digest = digest
      self.expiresAt = expiresAt
      self.successor = successor
      self.acceptedUntil = acceptedUntil
    }
  }

  /// An object that stands, on up to four others.
  package init(
    _ kind: SubjectKind, scopes: Scopes = .all, on first: UInt64 = 0, _ second: UInt64 = 0, _ third: UInt64 = 0,
    _ fourth: UInt64 = 0, credential: Credential? = nil
  ) {
    self.kind = kind
    self.stoppedBy = 0
    self.floor = 0
    self.scopes = scopes
    self.parents = [first, second, third, fourth]
    self.credential = credential
  }

  @usableFromInline package static func == (one: Standing, other: Standing) -> Bool {
    one.kind == other.kind && one.stoppedBy == other.stoppedBy && one.floor == other.floor
      && one.scopes == other.scopes && one.credential == other.credential
      && one.parents.indices.allSatisfy { one.parents[$0] == other.parents[$0] }
  }
}
