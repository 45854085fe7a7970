import LedgerEvents
import Testing

@Suite struct EventTypeTests {
  @Test("Types are in the order of their numbers, and have distinct names of one form")
  func registry() throws {
    let all = EventType.allCases
    #expect(all == all.sorted())
    #expect(Set(all).count == all.count)
    let names = try all.map { try #require($0.name) }
    #expect(Set(names).count == all.count)
    for (type, name) in zip(all, names) {
      #expect(EventType(name: name) == type)
      #expect("\(type)" == name)
      #expect(name.allSatisfy { $0.isLowercase || $0 == "_" || $0 == "." }, "\(name)")
      #expect(name.split(separator: ".", omittingEmptySubsequences: false).count == 2, "\(name)")
    }
  }

  @Test("These types have more than one version, and no others")
  func versions() {
    let later = EventType.allCases.filter { $0.currentVersion != 1 }
    #expect(later == [.accountRegistered, .phonePINRequested, .tokenIssued])
    #expect(later.map(\.currentVersion) == [2, 3, 3])
  }

  @Test("A number that is not registered has neither name nor version")
  func unregistered() {
    let type = EventType(rawValue: 9999)
    #expect(type.name == nil)
    #expect(type.currentVersion == nil)
    #expect("\(type)" == "type 9999")
    #expect(EventType(name: "token.forgotten") == nil)
    #expect(EventType(name: "") == nil)
  }
}
