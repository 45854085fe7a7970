package import LedgerDomain
package import LedgerEvents

/// Within whose idempotency keys a request's key is unique.
///
/// Mostly that is a ``Requester``. Somebody who shows a credential, or whom an identity provider names, is none: who it is, and
/// what it may do, is decided with the command.
package enum IdempotencyScope: Sendable {
  case requester(Requester)
  /// A program that shows a connector's Secret, or somebody who asks in its name.
  case client(PublicID)
  /// A connector that shows an access token under a grant.
  case grant(GrantID)
  /// Somebody whom an identity provider names.
  case identity(issuer: String, subject: String)
  /// The ledger itself.
  case ledger

  package var field: RequestField {
    switch self {
    case .requester(.account(let id)): .list([.number(1), .id(id)])
    case .requester(.connector(let id, let account)): .list([.number(2), .id(id), .id(account)])
    case .requester(.operator): .list([.number(3)])
    case .client(let id): .list([.number(4), .id(id)])
    case .grant(let id): .list([.number(5), .id(id)])
    case .identity(let issuer, let subject): .list([.number(6), .text(issuer), .text(subject)])
    case .ledger: .list([.number(7)])
    }
  }
}

extension Requesting {
  /// Within whose idempotency keys a request's key is unique.
  package var idempotencyScope: IdempotencyScope { .requester(requester) }
}

extension Verdict.Claims {
  /// Within whose idempotency keys a request's key is unique.
  package var idempotencyScope: IdempotencyScope {
    grant.map { .grant($0) } ?? .requester(.connector(connector, for: granter))
  }
}
