import AsyncHTTPClient
import Synchronization

/// The client by which the portal reaches providers: made when it is first needed. It follows no redirect, so that a secret goes
/// nowhere but to the provider.
final class OutgoingClient: Sendable {
  private let made = Mutex<HTTPClient?>(nil)

  var client: HTTPClient {
    made.withLock { made in
      if let made { return made }
      var configuration = HTTPClient.Configuration()
      configuration.redirectConfiguration = .disallow
      let client = HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
      made = client
      return client
    }
  }

  /// Closes its connections.
  func close() async {
    let client = made.withLock { made in
      defer { made = nil }
      return made
    }
    // Nothing depends on how the connections end.
    try? await client?.shutdown()
  }
}
