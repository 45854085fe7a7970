import CredentialLedger
import HTTPSupport
import MessageStore
import OutgoingHTTP
import PlatformService
import TestSupport

/// The routes of the Platform Service as the service itself has them, so that no test can leave one out.
struct PlatformRouteTable {
  struct Entry: Hashable {
    let method: String
    /// With captures as `{name}`.
    let path: String
    let scopes: Scopes

    var name: String { "\(method) \(path)" }

    static func == (one: Self, two: Self) -> Bool { one.name == two.name && one.scopes == two.scopes }
    func hash(into hasher: inout Hasher) { hasher.combine(name) }
  }

  /// Those with `/v1` before the path.
  let versioned: [Entry]
  /// The others, with `/v1` put before them.
  let bare: [Entry]
  /// Those that name no scopes: none is to be left out.
  let unscoped: [String]

  init() async throws {
    let folder = TemporaryFolder()
    let ledger = try await Ledger.create(at: folder.path + "/ledger", origin: "ledger.example.org")
    let store = try MessageStore(at: folder.path + "/messages", origin: ledger.origin, master: .keysFolder)
    let outgoing = OutgoingClient(.init())
    let service = PlatformService(
      ledger, messages: store, outgoing: outgoing, bodyLimit: 1, connectorCalls: 0, organisationCalls: 0,
      challenge: { _ in "Bearer" })
    var (versioned, bare, unscoped) = ([Entry](), [Entry](), [String]())
    for route in service.routes {
      guard let scopes = route.scopes else {
        unscoped.append("\(route.method.rawValue) \(route.path)")
        continue
      }
      if route.path.hasPrefix("/v1/") {
        versioned.append(Entry(method: route.method.rawValue, path: route.path, scopes: scopes))
      } else {
        bare.append(Entry(method: route.method.rawValue, path: "/v1" + route.path, scopes: scopes))
      }
    }
    self.versioned = versioned
    self.bare = bare
    self.unscoped = unscoped
    await outgoing.shutdown()
    await store.close()
    await ledger.close()
  }
}
