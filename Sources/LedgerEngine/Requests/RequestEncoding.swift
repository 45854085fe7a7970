package import LedgerEvents

/// What a request asks for, as bytes: by them a repeated request is told from another one under the same idempotency key.
///
/// Each command has an encoding of its own, which does not follow from how anything is called in Swift, so that a request
/// can be repeated across an update of the program. Its definition is fixed by the version:
///
/// | Size | Field |
/// | --- | --- |
/// | 1 | version of the command's encoding |
/// | 1, n | length and name of the command, UTF-8 |
/// | rest | the fields, in the order that the command says |
///
/// A field is a byte that says of what kind it is, and its content; integers are little-endian:
///
/// | Kind | Content |
/// | --- | --- |
/// | 0 none | |
/// | 1 number | 8 bytes |
/// | 2 text | 4 bytes of length, UTF-8 |
/// | 3 list | 4 bytes of count, fields |
/// | 4 bytes | 4 bytes of length, the bytes |
///
/// No two requests run together to the same bytes. Credentials that show who asks are no part of it: they are checked
/// before anything is compared.
package struct RequestEncoding: Sendable {
  package let bytes: [UInt8]

  /// - Parameter version: grows with each change of what the fields are. Requests of another version are other requests.
  package init(_ command: RequestName, version: UInt8 = 1, _ fields: RequestField...) {
    let name = Array(command.rawValue.utf8)
    var bytes = [version, UInt8(truncatingIfNeeded: name.count)] + name
    for field in fields { field.append(to: &bytes) }
    self.bytes = bytes
  }
}

/// The commands that can be repeated, by the names in their encodings.
package enum RequestName: String, Sendable, CaseIterable {
  case signIn = "accounts.signIn"
  case disableAccount = "accounts.disable"
  case enableAccount = "accounts.enable"
  case changeAccountRole = "accounts.changeRole"
  case requestPIN = "phones.requestPIN"
  case verifyPIN = "phones.verify"
  case removePhone = "phones.remove"
  case requestSignInPIN = "pinSignIns.request"
  case signInWithPIN = "pinSignIns.signIn"
  case createConnector = "connectors.create"
  case updateConnector = "connectors.update"
  case approveScopes = "connectors.approve"
  case rotateSecret = "connectors.rotateSecret"
  case deactivateConnector = "connectors.deactivate"
  case activateConnector = "connectors.activate"
  case endOldSecret = "connectors.endOldSecret"
  case deleteConnector = "connectors.delete"
  case grantAccess = "grants.grant"
  case revokeGrant = "grants.revoke"
  case reviewGrant = "grants.review"
  case issueCode = "codes.issue"
  case redeemCode = "codes.redeem"
  case issueToken = "tokens.issue"
  case reportLeak = "tokens.reportLeak"
  case issueOwnToken = "tokens.issueOwn"
  case createResourceServer = "resourceServers.create"
  case rotateResourceServerSecret = "resourceServers.rotateSecret"
  case deleteResourceServer = "resourceServers.delete"
  case revokeTokens = "tokens.revoke"
  case revokePresentedToken = "tokens.revokePresented"
  case createGroup = "groups.create"
  case addMember = "groups.add"
  case addMembers = "groups.addMany"
  case changeMemberRole = "groups.changeRole"
  case acceptInvitation = "groups.accept"
  case removeMember = "groups.remove"
  case removeMembers = "groups.removeMany"
  case renameGroup = "groups.rename"
  case deleteGroup = "groups.delete"
  case attachSubgroup = "groups.attach"
  case attachSubgroups = "groups.attachMany"
  case detachSubgroup = "groups.detach"
  case subscribe = "groups.subscribe"
  case unsubscribe = "groups.unsubscribe"
  case endSubscription = "groups.endSubscription"
  case refuseAuthorization = "authorizationCodes.refuse"
  case enableWebhook = "webhooks.enable"
  case registerWebhook = "webhooks.register"
  case updateWebhook = "webhooks.update"
  case disableWebhook = "webhooks.disable"
  case deleteWebhook = "webhooks.delete"
  case registerNamespace = "eventNamespaces.register"
  case recordCustomEvent = "events.append"
  case rotateMasterKey = "keys.rotateMasterKey"
  case eraseAccount = "people.erase"
  case erasePerson = "people.erasePerson"
  case configureOversight = "operators.configure"
  case rotateKeys = "keys.rotate"
  case dropKeys = "keys.drop"
  case rotateSigningKey = "keys.rotateSigningKey"
}

/// A part of what a request asks for.
package indirect enum RequestField: Sendable {
  case none
  case number(UInt64)
  case text(String)
  case bytes([UInt8])
  case list([RequestField])

  /// The ID of an object.
  package static func id<Kind>(_ id: ObjectID<Kind>) -> Self { .number(id.rawValue) }

  /// An integer with a sign, in two's complement.
  package static func integer(_ value: some BinaryInteger) -> Self { .number(UInt64(truncatingIfNeeded: Int64(value))) }

  /// A text, or none.
  package static func text(_ value: String?) -> Self { value.map { .text($0) as Self } ?? .none }

  /// A list of texts, or none.
  package static func texts(_ values: [String]?) -> Self {
    values.map { values in .list(values.map { .text($0) }) } ?? .none
  }

  /// An integer, or none.
  package static func integer(_ value: Int64?) -> Self { value.map { .integer($0) as Self } ?? .none }

  /// A public ID.
  package static func id(_ id: PublicID) -> Self { .bytes(id.bytes) }

  /// The field alone, as it stands in an encoding.
  package var bytes: [UInt8] {
    var bytes: [UInt8] = []
    append(to: &bytes)
    return bytes
  }

  fileprivate func append(to bytes: inout [UInt8]) {
    switch self {
    case .none: bytes.append(0)
    case .number(let number):
      bytes.append(1)
      bytes.append(littleEndian: number)
    case .text(let text):
      bytes.append(2)
      bytes.append(littleEndian: UInt32(text.utf8.count))
      bytes += text.utf8
    case .bytes(let content):
      bytes.append(4)
      bytes.append(littleEndian: UInt32(content.count))
      bytes += content
    case .list(let fields):
      bytes.append(3)
      bytes.append(littleEndian: UInt32(fields.count))
      for field in fields { field.append(to: &bytes) }
    }
  }
}

extension [UInt8] {
  fileprivate mutating func append(littleEndian value: some FixedWidthInteger & UnsignedInteger) {
    for shift in stride(from: 0, to: value.bitWidth, by: 8) { append(UInt8(truncatingIfNeeded: value >> shift)) }
  }
}
