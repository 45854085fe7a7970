import EventLog
import LMDB
import LedgerCrypto
import LedgerDomain
import LedgerEvents

extension Directory {
  func register(
    _ event: WebhookRegistered, _ position: PositionNumber, _ time: Timestamp, _ transaction: inout WriteTransaction
  ) throws(LogError) {
    guard
      let object = WebhookObject(
        type: event.objectType, id: event.objectID, group: GroupID(unlessZero: event.group))
    else {
      throw LogError(
        .unreadableEvent, "the type of the webhook's object is not known; upgrade the program", at: position)
    }
    let webhook = Webhook(
      id: WebhookID(rawValue: position), publicID: try PublicID(of: event.publicID, at: position),
      connector: ConnectorID(rawValue: event.connector), grant: GrantID(rawValue: event.grant),
      family: FamilyID(unlessZero: event.family), object: object, details: event.details,
      registeredAt: time)
    try put(webhook, at: .number(.webhook, position), in: &transaction)
    try put(position, at: .publicID(.webhookByPublicID, webhook.publicID), in: &transaction)
    for key in Self.lists(of: webhook) { try put(EmptyRow(), at: key, in: &transaction) }
  }

  func update(
    _ event: WebhookUpdated, _ position: PositionNumber, _ transaction: inout WriteTransaction
  ) throws(LogError) {
    try change(Webhook.self, at: .number(.webhook, event.webhook), in: &transaction) { webhook in
      webhook.details = event.after
      webhook.setBy = Position(position)
      webhook.isActive = event.active
    }
  }

  /// Deletes a webhook: by itself, or with its connector.
  func delete(webhook number: UInt64, _ transaction: inout WriteTransaction) throws(LogError) {
    var webhook = try existing(Webhook.self, at: .number(.webhook, number), in: transaction)
    webhook.isActive = false
    webhook.isDeleted = true
    try put(webhook, at: .number(.webhook, number), in: &transaction)
    for key in Self.lists(of: webhook) { try remove(key, in: &transaction) }
  }

  /// Stops what was registered by a token of a family that was revoked: somebody who stole a token may have registered it.
  ///
  /// A family that another merely takes the place of takes no webhook with it.
  func stopWebhooks(
    of grant: UInt64, family: UInt64, by position: PositionNumber, _ transaction: inout WriteTransaction
  ) throws(LogError) {
    for number in try numbers(.webhookOfGrant, of: grant, in: transaction) {
      let key = DirectoryKey.number(.webhook, number)
      var webhook = try existing(Webhook.self, at: key, in: transaction)
      guard webhook.family?.rawValue == family, webhook.stoppedBy == 0 else { continue }
      webhook.stoppedBy = Position(position)
      try put(webhook, at: key, in: &transaction)
    }
  }

  private static func lists(of webhook: Webhook) -> [DirectoryKey] {
    let number = webhook.id.rawValue
    return [
      .pair(.webhookOfConnector, webhook.connector.rawValue, number),
      .pair(.webhookOfGrant, webhook.grant.rawValue, number), key(of: webhook.object, webhook: number),
    ]
  }

  static func key(of object: WebhookObject, webhook: UInt64) -> DirectoryKey {
    let id: String =
      switch object {
      case .group(let group): "\(group.rawValue)"
      case .action(let id, in: let group), .actionPackage(let id, in: let group): "\(group.rawValue)\0\(id)"
      }
    return .digest(
      .webhookOfObject, SHA256.hash(FramedTexts.bytes(Array(object.type.utf8), Array(id.utf8))), webhook)
  }
}

extension Webhook: Row {
  func encode(to writer: inout RowWriter) {
    writer.id(id)
    writer.publicID(publicID)
    writer.id(connector)
    writer.id(grant)
    writer.id(family)
    writer.number(group.rawValue)
    writer.text(object.type)
    switch object {
    case .group: writer.text("")
    case .action(let id, in: _), .actionPackage(let id, in: _): writer.text(id)
    }
    writer.number(UInt64(details.eventTypes.count))
    for type in details.eventTypes { writer.text(type) }
    writer.sealed(details.callbackURL)
    writer.sealed(details.callbackToken)
    writer.sealed(details.callbackContext)
    writer.number(UInt64(bitPattern: details.expiresAt))
    writer.flag(isActive)
    writer.flag(isDeleted)
    writer.position(stoppedBy)
    writer.position(setBy)
    writer.time(registeredAt)
  }

  init?(from reader: inout RowReader) {
    var details = WebhookDetails()
    guard let id = reader.id(WebhookID.self), let publicID = reader.publicID(),
      let connector = reader.id(ConnectorID.self), let grant = reader.id(GrantID.self),
      let family = reader.optionalID(FamilyID.self), let group = reader.number(),
      let type = reader.text(), let objectID = reader.text(),
      let object = WebhookObject(type: type, id: objectID, group: GroupID(unlessZero: group)),
      let count = reader.number(), count <= 1_000
    else { return nil }
    for _ in 0..<count {
      guard let type = reader.text() else { return nil }
      details.eventTypes.append(type)
    }
    guard let url = reader.sealed(), let token = reader.sealed(), let context = reader.sealed(),
      let expiresAt = reader.number(), let isActive = reader.flag(), let isDeleted = reader.flag(),
      let stoppedBy = reader.position(), let setBy = reader.position(), let registeredAt = reader.time()
    else { return nil }
    details.callbackURL = url
    details.callbackToken = token
    details.callbackContext = context
    details.expiresAt = Int64(bitPattern: expiresAt)
    self.init(
      id: id, publicID: publicID, connector: connector, grant: grant, family: family, object: object,
      details: details, isActive: isActive, isDeleted: isDeleted, stoppedBy: stoppedBy, setBy: setBy,
      registeredAt: registeredAt)
  }
}
