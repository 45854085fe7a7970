import EventLog
import LMDB
import LedgerCrypto
import LedgerDomain
import LedgerEvents

extension Directory {
  // MARK: Authorization codes

  func issue(
    _ event: AuthorizationCodeIssued, _ position: PositionNumber, _ transaction: inout WriteTransaction
  ) throws(LogError) {
    let code = IssuedCode(
      id: AuthorizationCodeID(rawValue: position), connector: ConnectorID(rawValue: event.connector),
      account: AccountID(rawValue: event.account), redirectURI: event.redirectUri,
      scopes: Scopes(rawValue: event.scopes),
      challenge: event.codeChallenge.isEmpty ? nil : try Digest(of: event.codeChallenge, at: position),
      digest: try Digest(of: event.digest, at: position), expiresAt: Timestamp(milliseconds: event.expiresAt),
      family: nil, audiences: try Audiences(of: event.audiences, at: position),
      keyThumbprint: event.keyThumbprint.isEmpty ? nil : try Digest(of: event.keyThumbprint, at: position))
    try put(code, at: .number(.authorizationCode, position), in: &transaction)
  }

  func redeem(_ event: AuthorizationCodeRedeemed, _ transaction: inout WriteTransaction) throws(LogError) {
    try change(IssuedCode.self, at: .number(.authorizationCode, event.code), in: &transaction) {
      $0.family = FamilyID(rawValue: event.family)
    }
  }
}

extension IssuedCode: Row {
  func encode(to writer: inout RowWriter) {
    writer.id(id)
    writer.id(connector)
    writer.id(account)
    writer.text(redirectURI)
    writer.number(UInt64(scopes.rawValue))
    writer.optional(challenge) { $0.digest($1) }
    writer.digest(digest)
    writer.time(expiresAt)
    writer.id(family)
    for index in 0..<3 { writer.number(audiences.slots[index]) }
    writer.optional(keyThumbprint) { $0.digest($1) }
  }

  init?(from reader: inout RowReader) {
    guard let id = reader.id(AuthorizationCodeID.self), let connector = reader.id(ConnectorID.self),
      let account = reader.id(AccountID.self), let redirectURI = reader.text(),
      let scopes = reader.number().flatMap({ UInt32(exactly: $0) }),
      let challenge = reader.optional({ $0.digest() }), let digest = reader.digest(), let expiresAt = reader.time(),
      let family = reader.optionalID(FamilyID.self), let first = reader.number(), let second = reader.number(),
      let third = reader.number(), let keyThumbprint = reader.optional({ $0.digest() })
    else { return nil }
    self.init(
      id: id, connector: connector, account: account, redirectURI: redirectURI,
      scopes: Scopes(rawValue: scopes), challenge: challenge, digest: digest, expiresAt: expiresAt, family: family,
      audiences: Audiences(first, second, third), keyThumbprint: keyThumbprint)
  }
}
