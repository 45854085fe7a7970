package import KeyStore
package import LedgerDomain
package import LedgerEvents

/// Who calls, as far as that is known before the command is decided: within whose idempotency keys a request's key is unique,
/// and under whose key the address that it came from is sealed.
///
/// Mostly that is a ``Requester``. Somebody who shows a credential, or whom an identity provider names, is none: who it is, and
/// what it may do, is decided with the command.
package enum Caller: Sendable {
  case requester(Requester)
  /// A program that shows a connector's Secret, or somebody who asks in its name.
  case client(PublicID)
  /// A connector that shows an access token under a grant.
  case grant(GrantID, from: AccountID)
  /// Somebody whom an identity provider names, and whose key that is.
  case identity(issuer: String, subject: String, PersonID)
  /// The ledger itself, or a program that tells it what happened.
  case ledger

  /// Within whose keys, as bytes that never change.
  package var field: RequestField {
    switch self {
    case .requester(.account(let id)): .list([.number(1), .id(id)])
    case .requester(.connector(let id, let account)): .list([.number(2), .id(id), .id(account)])
    case .requester(.operator): .list([.number(3)])
    case .client(let id): .list([.number(4), .id(id)])
    case .grant(let id, from: _): .list([.number(5), .id(id)])
    case .identity(let issuer, let subject, _): .list([.number(6), .text(issuer), .text(subject)])
    case .ledger: .list([.number(7)])
    }
  }
}

extension Requesting {
  /// Who calls.
  package var caller: Caller { .requester(requester) }
}

extension Verdict.Claims {
  /// Who calls by the token.
  package var caller: Caller {
    grant.map { .grant($0, from: granter) } ?? .requester(.connector(connector, for: granter))
  }
}
