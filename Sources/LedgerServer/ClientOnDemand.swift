import AsyncHTTPClient
import Synchronization

/// A client of HTTP that is made when it is first asked for: a server that does not start has none to end.
final class ClientOnDemand: Sendable {
  private let configuration: HTTPClient.Configuration
  private let made = Mutex<HTTPClient?>(nil)

  init(_ configuration: HTTPClient.Configuration) { self.configuration = configuration }

  var client: HTTPClient {
    made.withLock { made in
      if let made { return made }
      let client = HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
      made = client
      return client
    }
  }

  /// Ends its connections. Nothing may be asked for afterwards.
  func shutdown() async { try? await made.withLock { $0.take() }?.shutdown() }
}
