package import LedgerDomain
import LedgerEvents

// Commands about connectors and the access that they have, with what is asked in the order in which it is encoded: fixed for
// good, as ``RequestEncoding`` says.

extension UpdateConnector: RequestedCommand {
  package var encoding: RequestEncoding {
    RequestEncoding(
      .updateConnector, version: 3, .id(connector), .text(changes.name), .text(changes.description),
      .text(changes.publisher),
      .texts(changes.redirectURIs), .integer(changes.scopes.map { Int64($0.rawValue) }),
      .integer(changes.accessTokenLifetime), .integer(changes.refreshTokenLifetime),
      .integer(changes.rotation.map { Int64($0.rawValue) }),
      .integer(changes.requiresPKCE.map { $0 ? 1 : 0 }), .integer(changes.allowsOwnTokens.map { $0 ? 1 : 0 }),
      .integer(changes.isDPoPBound.map { $0 ? 1 : 0 }), .integer(changes.hasSignedTokens.map { $0 ? 1 : 0 }))
  }
}

extension ApproveScopes: RequestedCommand {
  package var encoding: RequestEncoding {
    RequestEncoding(.approveScopes, .id(connector), .integer(scopes.rawValue))
  }
}

extension DeleteConnector: RequestedCommand {
  package var encoding: RequestEncoding { RequestEncoding(.deleteConnector, .id(connector)) }
}

extension DeactivateConnector: RequestedCommand {
  package var encoding: RequestEncoding { RequestEncoding(.deactivateConnector, .id(connector), .text(reason)) }
}

extension ActivateConnector: RequestedCommand {
  package var encoding: RequestEncoding { RequestEncoding(.activateConnector, .id(connector)) }
}

extension EndOldSecret: RequestedCommand {
  package var encoding: RequestEncoding { RequestEncoding(.endOldSecret, .id(connector)) }
}

extension DeleteResourceServer: RequestedCommand {
  package var encoding: RequestEncoding { RequestEncoding(.deleteResourceServer, .id(server)) }
}

extension RegisterNamespace: RequestedCommand {
  package var encoding: RequestEncoding {
    RequestEncoding(.registerNamespace, .text(name), .list(types.map { .text($0) }))
  }
}

extension RefuseAuthorization: RequestedCommand {
  package var requester: Requester { .account(account) }
  package var encoding: RequestEncoding {
    RequestEncoding(.refuseAuthorization, .id(connector), .text(redirectURI), .number(UInt64(scopes.rawValue)))
  }
}

extension EnableWebhook: RequestedCommand {
  package var encoding: RequestEncoding { RequestEncoding(.enableWebhook, .id(webhook)) }
}

extension RevokeGrant: RequestedCommand {
  package var encoding: RequestEncoding { RequestEncoding(.revokeGrant, .id(grant)) }
}

extension ReviewGrant: RequestedCommand {
  package var encoding: RequestEncoding {
    RequestEncoding(.reviewGrant, .id(grant), .number(UInt64(decision.recorded.rawValue)), .text(reason))
  }
}

extension RevokeToken: RequestedCommand {
  package var encoding: RequestEncoding {
    let named: RequestField =
      switch target {
      case .token(let id): .list([.number(1), .id(id)])
      case .refreshToken(let id): .list([.number(2), .id(id)])
      case .grant(let id): .list([.number(3), .id(id)])
      case .connector(let id): .list([.number(4), .id(id)])
      case .account(let id): .list([.number(5), .id(id)])
      }
    return RequestEncoding(.revokeTokens, named)
  }
}
