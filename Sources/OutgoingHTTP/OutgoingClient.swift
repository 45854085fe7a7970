import AsyncHTTPClient
import NIOCore
import NIOSSL

/// Why a call to another server failed. Carries nothing that the other server said, and no address.
public struct OutgoingError: Error, Sendable, Equatable, CustomStringConvertible {
  /// What kind of failure it is.
  public enum Code: Sendable, Equatable {
    /// The address is not an https URL with a host name; where the operator names it, http on this machine is one as well.
    case malformed
    /// The name leads to an address that is not of the public Internet.
    case forbidden
    /// There was no connection, or no answer in time.
    case unreachable
  }

  public let code: Code
  public let reason: String

  init(_ code: Code, _ reason: String) {
    self.code = code
    self.reason = reason
  }

  public var description: String { reason }
}

/// What another server answered.
public struct OutgoingAnswer: Sendable {
  public let status: UInt
  /// The beginning of the body.
  public let body: [UInt8]

  public var isSuccess: Bool { (200..<300).contains(status) }
}

/// Calls other servers. Redirects are not followed. A call is bounded in time, and what is read of the answer in size.
///
/// Where somebody else names the server, TLS alone is spoken. The name is looked up once a call, every address that it leads to
/// must be of the public Internet, and the connection goes to the address that was looked at: a change of the name in
/// between has no effect.
public final class OutgoingClient: Sendable {
  /// Who names the servers that are called, and so which ones may be.
  public enum Policy: Sendable, Equatable {
    /// Anybody: servers of the public Internet, over TLS.
    case namedByAnybody
    /// The operator: servers of any network over TLS, and of this machine without.
    case namedByOperator
  }

  /// How a client is set up.
  public struct Settings: Sendable, Equatable {
    public var policy = Policy.namedByAnybody
    /// Addresses of hosts by name, as the operator gives them: they are not looked up, and may be of any network.
    public var addresses: [String: String] = [:]
    /// A file with certificates, in PEM, that are trusted besides those of the system.
    public var trustFile: String?
    /// How long a call may take.
    public var timeout = Duration.seconds(10)
    /// How many bytes of an answer are read.
    public var bodyBytes = 65_536

    public init() {}
  }

  private let settings: Settings
  private let pool: ClientPool
  private let resolve: Resolve

  /// Gives the addresses of a host, as they are on the wire.
  package typealias Resolve = @Sendable (_ host: String) async throws(OutgoingError) -> [[UInt8]]

  /// A client without connections; they are made as servers are called.
  public init(_ settings: Settings) {
    self.settings = settings
    pool = ClientPool(settings)
    resolve = { (host: String) async throws(OutgoingError) -> [[UInt8]] in try await Resolution.addresses(of: host) }
  }

  /// The same with another look-up of names that anybody gives, for tests.
  package init(_ settings: Settings, resolving resolve: @escaping Resolve) {
    self.settings = settings
    pool = ClientPool(settings)
    self.resolve = resolve
  }

  /// Ends all connections. Nothing may be called afterwards.
  public func shutdown() async { await pool.shutdown() }

  /// Calls a server.
  ///
  /// - Parameters:
  ///   - url: `https`, with the name of a host; see ``Policy``.
  ///   - timeout: nil for that of the settings.
  public func call(
    _ method: String, _ url: String, headers: [(String, String)] = [], body: [UInt8]? = nil, timeout: Duration? = nil
  ) async throws(OutgoingError) -> OutgoingAnswer {
    let url = Self.lowercasingHost(of: url)
    let written = try host(of: url)
    var host = written
    while host.hasSuffix(".") { host.removeLast() }
    let address =
      switch settings.policy {
      case .namedByAnybody: try await checkedAddress(of: host)
      case .namedByOperator: settings.addresses[host]
      }
    let client = await pool.take(host: written, address: address)
    let result = await execute(client, method, url, headers, body, timeout ?? settings.timeout)
    await pool.giveBack(host: written, address: address)
    guard let result else { throw OutgoingError(.unreachable, "there was no answer in time") }
    return result
  }

  /// With host and port in small letters. The address that was looked at is found by the host byte by byte; one that is not found
  /// is looked up again, and may have changed meanwhile.
  private static func lowercasingHost(of url: String) -> String {
    guard let mark = url.firstRange(of: "://") else { return url }
    let rest = url[mark.upperBound...]
    let authority = rest.prefix { !"/?#".contains($0) }
    return "\(url[..<mark.upperBound])\(authority.lowercased())\(rest[authority.endIndex...])"
  }

  /// The host that an address names, in small letters.
  private func host(of url: String) throws(OutgoingError) -> String {
    let isSecure = url.hasPrefix("https://")
    guard isSecure || settings.policy == .namedByOperator && url.hasPrefix("http://") else {
      throw OutgoingError(.malformed, "expected an https address")
    }
    let authority = url.dropFirst(isSecure ? 8 : 7).prefix { !"/?#".contains($0) }.lowercased()
    guard !authority.contains("@") else { throw OutgoingError(.malformed, "expected the name of a host") }
    if settings.policy == .namedByOperator, authority == "[::1]" || authority.hasPrefix("[::1]:") { return "[::1]" }
    let host = String(authority.prefix { $0 != ":" })
    // What another reader of addresses decodes, or takes for a digit, would be looked up again by another name.
    let isPlain = settings.policy == .namedByOperator || host.utf8.allSatisfy(Self.isOfHost)
    guard !host.isEmpty, !host.contains("["), isPlain else {
      throw OutgoingError(.malformed, "expected the name of a host")
    }
    guard isSecure || host == "localhost" || host == "127.0.0.1" else {
      throw OutgoingError(.malformed, "expected an https address, or http on this machine")
    }
    return host
  }

  private static func isOfHost(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"),
      UInt8(ascii: "."), UInt8(ascii: "_"):
      true
    default: false
    }
  }

  private func checkedAddress(of host: String) async throws(OutgoingError) -> String {
    if let given = settings.addresses[host] { return given }
    let found = try await resolve(host)
    guard found.allSatisfy(PublicAddress.isPublic), let first = found.first else {
      throw OutgoingError(.forbidden, Resolution.isNotPublic)
    }
    return Resolution.text(first)
  }

  private func execute(
    _ client: HTTPClient, _ method: String, _ url: String, _ headers: [(String, String)], _ body: [UInt8]?,
    _ timeout: Duration
  ) async -> OutgoingAnswer? {
    var request = HTTPClientRequest(url: url)
    request.method = .RAW(value: method)
    for (name, value) in headers { request.headers.add(name: name, value: value) }
    if let body { request.body = .bytes(body, length: .known(Int64(body.count))) }
    do {
      let end = ContinuousClock.now + timeout
      let response = try await client.execute(request, timeout: TimeAmount(timeout))
      var read: [UInt8] = []
      // The receiver that answers with success has it, even if the rest of the answer is lost.
      do {
        for try await piece in response.body {
          read += piece.readableBytesView.prefix(settings.bodyBytes - read.count)
          if read.count >= settings.bodyBytes { break }
          // The time of the call holds for the head of the answer alone. A body of which a little comes now and then is cut off here.
          guard ContinuousClock.now < end else { throw OutgoingError(.unreachable, "the answer takes too long") }
        }
      } catch { if !(200..<300).contains(response.status.code) { return nil } }
      return OutgoingAnswer(status: response.status.code, body: read)
    } catch { return nil }
  }
}

/// Clients by host and address, so that connections are kept.
private actor ClientPool {
  private struct Key: Hashable {
    let host: String
    /// Nil where the name is looked up as usual.
    let address: String?
  }

  private struct Entry {
    let client: HTTPClient
    var users: Int
  }

  /// How many may be kept that nobody uses.
  private static let limit = 128

  private let settings: OutgoingClient.Settings
  private var entries: [Key: Entry] = [:]

  init(_ settings: OutgoingClient.Settings) { self.settings = settings }

  func take(host: String, address: String?) -> HTTPClient {
    let key = Key(host: host, address: address)
    if let client = entries[key]?.client {
      entries[key]?.users += 1
      return client
    }
    var configuration = HTTPClient.Configuration(redirectConfiguration: .disallow)
    if let address { configuration.dnsOverride = [host: address] }
    configuration.timeout.connect = .seconds(5)
    configuration.timeout.read = TimeAmount(settings.timeout)
    configuration.connectionPool.idleTimeout = .seconds(30)
    configuration.decompression = .disabled
    var tls = TLSConfiguration.makeClientConfiguration()
    if let file = settings.trustFile { tls.additionalTrustRoots = [.file(file)] }
    configuration.tlsConfiguration = tls
    let client = HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
    entries[key] = Entry(client: client, users: 1)
    return client
  }

  func giveBack(host: String, address: String?) async {
    let key = Key(host: host, address: address)
    entries[key]?.users -= 1
    guard entries.count > Self.limit else { return }
    let idle = entries.filter { $0.value.users == 0 }
    for key in idle.keys { entries[key] = nil }
    for entry in idle.values { try? await entry.client.shutdown() }
  }

  func shutdown() async {
    let all = entries.values
    entries = [:]
    for entry in all { try? await entry.client.shutdown() }
  }
}

extension OutgoingError {
  /// The other server did not answer as it had to.
  public static let refused = OutgoingError(.unreachable, "it answered something else")
}
