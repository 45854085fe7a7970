import LedgerEvents
import TestSupport
import Testing

@Suite struct ScopesTests {
  /// Names in the order of the bits, which stand in events and never change.
  private static let names =
    "groupinfo.read,groupinfo.write,groupinfo.remove,groupinfo.update,groupmember.read,groupmember.write,"
    + "groupmember.remove,textmessage.read,textmessage.write,action.read,action.write,action.update,profile.read,"
    + "profile.write,media.read,media.write,webhook.read,webhook.write,webhook.remove,webhook.update,tenant.read,"
    + "tenant.write,tenant.remove,reaction.read,reaction.write"

  @Test("Bits and names never change, and agree with the schema")
  func names() throws {
    #expect(Scopes.all.description == Self.names)
    #expect(Scopes(Self.names) == .all)
    let names = Self.names.split(separator: ",")
    #expect(names.count == 25 && Scope.allCases.count == 25)
    for (scope, name) in zip(Scope.allCases, names) {
      #expect(Scopes(String(name))?.rawValue == 1 << UInt32(scope.rawValue))
      let words = name.split(separator: ".")
      #expect("\(scope)".lowercased() == words.joined())
    }
  }

  @Test("Any set goes round through its text")
  func roundTrip() {
    var random = SeededRandom()
    for _ in 0..<500 {
      let scopes = Scopes(rawValue: UInt32(random.below(1 << 25)))
      #expect(Scopes(scopes.description) == scopes, "seed \(random.seed)")
    }
    #expect(Scopes(rawValue: 1 << 31 | 1).description == "groupinfo.read")
  }

  @Test("Order, repetition and spaces do not matter; an unknown name does")
  func parsing() {
    #expect(Scopes(" media.write , groupinfo.read,media.write") == [.mediaWrite, .groupInfoRead])
    #expect(Scopes("") == [] && Scopes("  ") == [])
    for text in ["groupinfo", "groupinfo.read,", ",", "Groupinfo.read", "groupinfo.read media.read", "group info.read"]
    {
      #expect(Scopes(text) == nil, "\(text)")
    }
  }

  @Test("Each scope belongs to exactly one permission")
  func permissions() {
    #expect(Permission.allCases.count == 9)
    #expect(Permission.allCases.map { $0.scopes.rawValue.nonzeroBitCount }.reduce(0, +) == 25)
    #expect(Scopes(Permission.allCases) == .all)
    #expect(Scopes([.reactions, .media]) == [.reactionRead, .reactionWrite, .mediaRead, .mediaWrite])
    #expect(
      Permission(rawValue: "action-and-responses")?.scopes.description == "action.read,action.write,action.update")
    #expect(Permission.outgoingWebhooks.title == "Outgoing Webhooks")
  }
}
