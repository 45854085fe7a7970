import LedgerCrypto
import LedgerDomain
import LedgerEvents

extension ModelState {
  mutating func applyToCodes(_ event: LedgerEvent, _ position: UInt64) throws(EventCodingError) {
    switch event {
    case .authorizationCodeIssued(let event):
      let id = AuthorizationCodeID(rawValue: position)
      codes[id] = IssuedCode(
        id: id, connector: ConnectorID(rawValue: event.connector), account: AccountID(rawValue: event.account),
        redirectURI: event.redirectUri, scopes: Scopes(rawValue: event.scopes),
        challenge: event.codeChallenge.isEmpty ? nil : try Digest(field: event.codeChallenge),
        digest: try Digest(field: event.digest), expiresAt: Timestamp(milliseconds: event.expiresAt), family: nil,
        audiences: Audiences(event.audiences) ?? .unrestricted,
        keyThumbprint: event.keyThumbprint.isEmpty ? nil : try Digest(field: event.keyThumbprint))
    case .authorizationCodeRedeemed(let event):
      codes[AuthorizationCodeID(rawValue: event.code)]?.family = FamilyID(rawValue: event.family)
    default: break
    }
  }
}
