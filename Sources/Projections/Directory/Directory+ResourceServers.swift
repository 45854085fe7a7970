import EventLog
import LMDB
import LedgerCrypto
import LedgerDomain
import LedgerEvents

// Programs that are shown access tokens.
extension Directory {
  func create(
    _ event: ResourceServerCreated, _ position: PositionNumber, _ time: Timestamp, _ transaction: inout WriteTransaction
  ) throws(LogError) {
    let server = ResourceServer(
      id: ResourceServerID(rawValue: position), publicID: try PublicID(of: event.publicID, at: position),
      name: event.name, audience: event.audience.isEmpty ? nil : event.audience,
      secret: SecretID(rawValue: position), digest: try Digest(of: event.secretDigest, at: position), createdAt: time)
    try put(server, at: .number(.resourceServer, position), in: &transaction)
    try put(position, at: .publicID(.resourceServerByPublicID, server.publicID), in: &transaction)
    if let audience = server.audience { try put(position, at: Self.key(ofAudience: audience), in: &transaction) }
    try index(.resourceServer, position, named: event.name, &transaction)
  }

  func rotate(
    _ event: ResourceServerSecretRotated, _ position: PositionNumber, _ transaction: inout WriteTransaction
  ) throws(LogError) {
    let digest = try Digest(of: event.secretDigest, at: position)
    try change(ResourceServer.self, at: .number(.resourceServer, event.resourceServer), in: &transaction) { server in
      server.previousSecret = server.secret
      server.previousDigest = server.digest
      server.previousUntil = Timestamp(milliseconds: event.previousExpiresAt)
      server.secret = SecretID(rawValue: position)
      server.digest = digest
    }
  }

  func delete(resourceServer number: UInt64, _ transaction: inout WriteTransaction) throws(LogError) {
    var server = try existing(ResourceServer.self, at: .number(.resourceServer, number), in: transaction)
    server.isDeleted = true
    try put(server, at: .number(.resourceServer, number), in: &transaction)
    // The audience is free again.
    if let audience = server.audience { try remove(Self.key(ofAudience: audience), in: &transaction) }
  }

  static func key(ofAudience audience: String) -> DirectoryKey {
    .digest(.resourceServerByAudience, SHA256.hash(Array(audience.utf8)), 0)
  }
}

extension Audiences {
  /// The audiences in a field of an event.
  init(of field: [UInt64], at position: PositionNumber) throws(LogError) {
    guard let audiences = Audiences(field) else {
      throw LogError(
        .unreadableEvent, "more than \(Audiences.maximumCount) audiences; upgrade the program", at: position)
    }
    self = audiences
  }
}

extension ResourceServer: Row {
  func encode(to writer: inout RowWriter) {
    writer.id(id)
    writer.publicID(publicID)
    writer.text(name)
    writer.optional(audience) { $0.text($1) }
    writer.id(secret)
    writer.digest(digest)
    writer.number(previousSecret.rawValue)
    writer.digest(previousDigest)
    writer.time(previousUntil)
    writer.flag(isDeleted)
    writer.time(createdAt)
  }

  init?(from reader: inout RowReader) {
    guard let id = reader.id(ResourceServerID.self), let publicID = reader.publicID(), let name = reader.text(),
      let audience = reader.optional({ $0.text() }), let secret = reader.id(SecretID.self),
      let digest = reader.digest(), let previous = reader.number(), let previousDigest = reader.digest(),
      let previousUntil = reader.time(), let isDeleted = reader.flag(), let createdAt = reader.time()
    else { return nil }
    self.init(
      id: id, publicID: publicID, name: name, audience: audience, secret: secret, digest: digest,
      previousSecret: SecretID(rawValue: previous), previousDigest: previousDigest, previousUntil: previousUntil,
      isDeleted: isDeleted, createdAt: createdAt)
  }
}
