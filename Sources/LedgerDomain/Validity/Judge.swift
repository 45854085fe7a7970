public import LedgerCrypto
public import LedgerEvents

/// The two kinds of token.
public enum TokenKind: Sendable {
  case access
  case refresh
}

/// Whether a presented token is valid.
///
/// The answer is looked up along what the token depends on, at each call: ten look-ups at most, and one more of a refresh
/// token that has a successor. Where several things
/// are wrong, it names the first in this order: the token, its family, its grant, the connector, the connector's
/// owner, the granter, the granter's membership, the group, the granter's phone.
///
/// - Parameters:
///   - handle: the position inside the token.
///   - digest: SHA-256 of the token's secret part; compared in constant time.
///   - kind: which kind of token belongs here.
///   - now: the moment to judge by. A token is valid until just before it expires.
/// - Throws: ``StateUnreadable`` also where a row that the token depends on is missing: damage never makes a token valid.
@inlinable
package func judge(
  handle: TokenID, digest: Digest, as kind: TokenKind, at now: Timestamp,
  in state: borrowing some StandingReader & ~Copyable
) throws(StateUnreadable) -> Verdict {
  try judge(state.standing(of: handle.rawValue), handle: handle, digest: digest, as: kind, at: now, in: state)
}

/// As ``judge(handle:digest:as:at:in:)`` for a token whose row was looked up; nil where there is none.
@inlinable
package func judge(
  _ token: Standing?, handle: TokenID, digest: Digest, as kind: TokenKind, at now: Timestamp,
  in state: borrowing some StandingReader & ~Copyable
) throws(StateUnreadable) -> Verdict {
  guard let token, let credential = token.credential, credential.digest == digest else { return .invalid(.unknown) }
  guard token.kind == (kind == .access ? .token : .family) else { return .invalid(.wrongKind) }
  return try judge(token, credential, handle, at: now, in: state)
}

/// Whether the token of this handle, of either kind, would be valid if it was presented: to list or explain tokens.
///
/// As ``judge(handle:digest:as:at:in:)`` but for the digest.
@inlinable
package func judge(
  handle: TokenID, at now: Timestamp, in state: borrowing some StandingReader & ~Copyable
) throws(StateUnreadable) -> Verdict {
  guard let token = try state.standing(of: handle.rawValue), let credential = token.credential else {
    return .invalid(.unknown)
  }
  return try judge(token, credential, handle, at: now, in: state)
}

/// As ``judge(handle:at:in:)`` for a token whose row is at hand.
@inlinable
package func judge(
  _ token: Standing, _ credential: Standing.Credential, _ handle: TokenID, at now: Timestamp,
  in state: borrowing some StandingReader & ~Copyable
) throws(StateUnreadable) -> Verdict {
  guard now < credential.expiresAt else { return .invalid(.expired(at: credential.expiresAt)) }
  if credential.successor != 0 {
    let successor = TokenID(rawValue: credential.successor)
    guard now < credential.acceptedUntil else { return .invalid(.replaced(by: successor)) }
    // It is accepted for a caller who lost the answer. A client that traded the successor for another has it.
    if let next = try state.standing(of: credential.successor)?.credential, next.successor != 0 {
      return .invalid(.replaced(by: successor))
    }
  }
  if let reason = token.denialReason(at: handle.rawValue) { return .invalid(reason) }

  let family = token.kind == .token ? token.parents[0] : try state.family(of: token, handle).number
  switch try state.path(ofFamily: family) {
  case .denied(let reason):
    return .invalid(reason)
  case .clear(let path):
    guard handle.rawValue >= path.ownTokensStoppedBy else {
      return .invalid(.stopped(Subject(path.connector), by: Position(path.ownTokensStoppedBy)))
    }
    return .valid(
      Verdict.Claims(
        handle: handle, connector: path.connector, grant: path.grant,
        family: path.grant == nil ? nil : FamilyID(rawValue: family), group: path.group, granter: path.granter,
        scopes: path.scopes.intersection(token.scopes), expiresAt: credential.expiresAt,
        audiences: token.kind == .token ? token.audiences : .unrestricted, keyThumbprint: credential.keyThumbprint))
  }
}

extension Standing {
  /// Why nothing that depends on this is valid, if so.
  /// - Parameters:
  ///   - number: this object's.
  ///   - dependent: number of the dependent object that ``floor`` is about.
  @inlinable
  func denialReason(at number: UInt64, for dependent: UInt64 = .max) -> Verdict.Reason? {
    if stoppedBy != 0 { return .stopped(Subject(kind: kind, number: number), by: Position(stoppedBy)) }
    if dependent < floor { return .stopped(Subject(kind: kind, number: number), by: Position(floor)) }
    return nil
  }
}
