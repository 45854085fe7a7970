import LedgerCrypto
import LedgerDomain
import LedgerEvents

extension ModelState {
  mutating func applyToResourceServers(
    _ event: LedgerEvent, _ position: UInt64, _ time: Timestamp
  ) throws(EventCodingError) {
    switch event {
    case .resourceServerCreated(let event):
      let id = ResourceServerID(rawValue: position)
      resourceServers[id] = ResourceServer(
        id: id, publicID: try PublicID(field: event.publicID), name: event.name,
        audience: event.audience.isEmpty ? nil : event.audience, secret: SecretID(rawValue: position),
        digest: try Digest(field: event.secretDigest), createdAt: time)
    case .resourceServerSecretRotated(let event):
      let id = ResourceServerID(rawValue: event.resourceServer)
      guard var known = resourceServers[id] else { return }
      known.previousSecret = known.secret
      known.previousDigest = known.digest
      known.previousUntil = Timestamp(milliseconds: event.previousExpiresAt)
      known.secret = SecretID(rawValue: position)
      known.digest = try Digest(field: event.secretDigest)
      resourceServers[id] = known
    case .resourceServerDeleted(let event):
      resourceServers[ResourceServerID(rawValue: event.resourceServer)]?.isDeleted = true
    default: break
    }
  }
}
