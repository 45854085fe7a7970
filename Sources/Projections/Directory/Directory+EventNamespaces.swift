import EventLog
import LMDB
import LedgerCrypto
public import LedgerDomain
import LedgerEvents

// Names under which programs record events of their own.
extension Directory {
  func register(
    _ event: EventNamespaceRegistered, _ position: PositionNumber, _ time: Timestamp, _ transaction: inout WriteTransaction
  ) throws(LogError) {
    let namespace = EventNamespace(
      id: EventNamespaceID(rawValue: position), name: event.name, eventTypes: event.eventTypes, registeredAt: time)
    try put(namespace, at: .number(.eventNamespace, position), in: &transaction)
    try put(position, at: Self.key(ofNamespace: event.name), in: &transaction)
  }

  func extend(_ event: EventNamespaceExtended, _ transaction: inout WriteTransaction) throws(LogError) {
    try change(EventNamespace.self, at: .number(.eventNamespace, event.namespace), in: &transaction) {
      $0.eventTypes += event.eventTypes
    }
  }

  static func key(ofNamespace name: String) -> DirectoryKey {
    .digest(.eventNamespaceByName, SHA256.hash(Array(name.utf8)), 0)
  }
}

extension EventNamespace: Row {
  func encode(to writer: inout RowWriter) {
    writer.id(id)
    writer.text(name)
    writer.number(UInt64(eventTypes.count))
    for type in eventTypes { writer.text(type) }
    writer.time(registeredAt)
  }

  init?(from reader: inout RowReader) {
    guard let id = reader.id(EventNamespaceID.self), let name = reader.text(), let count = reader.number() else {
      return nil
    }
    var types: [String] = []
    for _ in 0..<min(count, 1 << 16) {
      guard let type = reader.text() else { return nil }
      types.append(type)
    }
    guard let registeredAt = reader.time() else { return nil }
    self.init(id: id, name: name, eventTypes: types, registeredAt: registeredAt)
  }
}
