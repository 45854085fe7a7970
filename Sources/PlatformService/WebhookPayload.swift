import CredentialLedger
import HTTPSupport

/// The payload of an event for webhooks: its members in the documented order, except the context, which each webhook has of its own.
struct WebhookPayload {
  let object: WebhookObject
  let objectID: String
  let type: WebhookEventType
  let eventID: String
  let data: [(String, JSONValue)]
  let person: (id: AccountID, name: String?, number: String?)?

  /// What waits in the queue of each webhook.
  var queued: WebhookEvent {
    let members: [(String, JSONValue)] = [
      ("objectId", .string(objectID)), ("objectType", .string(object.type)), ("eventType", .string(type.rawValue)),
      ("eventId", .string(eventID)), ("data", .object(data)), ("fromUser", .string(person?.number ?? "")),
      ("fromUserId", person?.id.bare ?? .string("")), ("fromUserName", .string(person?.name ?? "")),
      ("fromUserProfilePic", .string("")),
    ]
    return WebhookEvent(object: object, type: type, eventID: eventID, payload: JSONValue.object(members).bytes)
  }

  /// The body of a delivery: what waited, with the webhook's context behind the data.
  static func body(_ payload: [UInt8], context: String) -> [UInt8] {
    guard let value = try? JSONParser.parse(payload), case .members(var members) = value else { return payload }
    let place = members.firstIndex { $0.name == "data" }.map { $0 + 1 } ?? members.endIndex
    members.insert(JSONValue.Member("context", .string(context)), at: place)
    return JSONValue.members(members).bytes
  }
}
