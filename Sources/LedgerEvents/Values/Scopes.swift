/// A set of scopes: what an access token may do. Events carry it as an integer; the bits are numbered in
/// `Schemas/events/v1/scope.proto`.
@frozen
public struct Scopes: OptionSet, Sendable, Hashable {
  public var rawValue: UInt32

  @inlinable
  public init(rawValue: UInt32) { self.rawValue = rawValue }

  private init(_ scope: Scope) { self.init(rawValue: 1 << UInt32(scope.rawValue)) }

  public static let groupInfoRead = Scopes(.groupinfoRead)
  public static let groupInfoWrite = Scopes(.groupinfoWrite)
  public static let groupInfoRemove = Scopes(.groupinfoRemove)
  public static let groupInfoUpdate = Scopes(.groupinfoUpdate)
  public static let groupMemberRead = Scopes(.groupmemberRead)
  public static let groupMemberWrite = Scopes(.groupmemberWrite)
  public static let groupMemberRemove = Scopes(.groupmemberRemove)
  public static let textMessageRead = Scopes(.textmessageRead)
  public static let textMessageWrite = Scopes(.textmessageWrite)
  public static let actionRead = Scopes(.actionRead)
  public static let actionWrite = Scopes(.actionWrite)
  public static let actionUpdate = Scopes(.actionUpdate)
  public static let profileRead = Scopes(.profileRead)
  public static let profileWrite = Scopes(.profileWrite)
  public static let mediaRead = Scopes(.mediaRead)
  public static let mediaWrite = Scopes(.mediaWrite)
  public static let webhookRead = Scopes(.webhookRead)
  public static let webhookWrite = Scopes(.webhookWrite)
  public static let webhookRemove = Scopes(.webhookRemove)
  public static let webhookUpdate = Scopes(.webhookUpdate)
  public static let tenantRead = Scopes(.tenantRead)
  public static let tenantWrite = Scopes(.tenantWrite)
  public static let tenantRemove = Scopes(.tenantRemove)
  public static let reactionRead = Scopes(.reactionRead)
  public static let reactionWrite = Scopes(.reactionWrite)

  /// Every scope there is.
  public static let all = Scopes(rawValue: 1 << UInt32(names.count) - 1)
}

extension Scopes: LosslessStringConvertible {
  /// Names on the wire; each at the index that is its bit.
  private static let names = [
    "groupinfo.read", "groupinfo.write", "groupinfo.remove", "groupinfo.update",
    "groupmember.read", "groupmember.write", "groupmember.remove",
    "textmessage.read", "textmessage.write",
    "action.read", "action.write", "action.update",
    "profile.read", "profile.write",
    "media.read", "media.write",
    "webhook.read", "webhook.write", "webhook.remove", "webhook.update",
    "tenant.read", "tenant.write", "tenant.remove",
    "reaction.read", "reaction.write",
  ]

  /// The names on the wire, joined by commas in the order of the bits; bits without a name are left out.
  public var description: String { joined(by: ",") }

  /// The names as OAuth has them in `scope`: separated by blanks, in the order of the bits (RFC 6749 section 3.3).
  public var oauthText: String { joined(by: " ") }

  private func joined(by separator: String) -> String {
    var text = ""
    text.reserveCapacity(16 * rawValue.nonzeroBitCount)
    for (bit, name) in Scopes.names.enumerated() where rawValue & 1 << UInt32(bit) != 0 {
      if !text.isEmpty { text += separator }
      text += name
    }
    return text
  }

  /// The names on the wire in the order of the bits; bits without a name are left out.
  package var wireNames: [String] {
    Scopes.names.indices.filter { rawValue & 1 << UInt32($0) != 0 }.map { Scopes.names[$0] }
  }

  /// Reads names joined by commas, in any order and with spaces around them; the empty text is the empty set. Nil if
  /// a name is unknown.
  public init?(_ text: String) {
    self = []
    guard text.contains(where: { $0 != " " }) else { return }
    for item in text.split(separator: ",", omittingEmptySubsequences: false) {
      let words = item.split(separator: " ")
      guard words.count == 1, let bit = Scopes.names.firstIndex(where: { words[0] == $0 }) else { return nil }
      rawValue |= 1 << UInt32(bit)
    }
  }
}
