public import CredentialLedger
import HTTPSupport
package import HTTPTypes
import Hummingbird
import HummingbirdCore
import HummingbirdHTTP2
import LedgerServices
public import Logging
import ManagementPortal
import NIOCore
import PlatformService
import ServiceLifecycle
import Synchronization
import TokenService

/// A server that has a ledger open, and answers over HTTP. If the program has bootstrapped swift-distributed-tracing or
/// swift-metrics before it makes one, each request gets a span, and its time and the figures of the ledger are reported.
public struct LedgerServer: Sendable {
  private let group: ServiceGroup
  private let portal: ManagementPortal
  private let lifecycle = ServerLifecycle()
  /// Methods and paths of all routes; those that take any method are told as `GET`.
  package let routes: [(method: HTTPRequest.Method, path: String)]

  /// - Parameters:
  ///   - ledger: open for writing. The server does not close it.
  ///   - commands: performs what operators send by the socket in the ledger's folder; nil opens none.
  ///   - logger: takes the lines of the log; ``LogOutput`` writes them to standard error.
  ///   - listening: called once for each listener with the address for clients, such as `http://127.0.0.1:8080`.
  ///   - show: writes a line on the console: the PINs of a server for trials.
  /// - Throws: where the certificate or its key is of no use.
  public init(
    _ ledger: Ledger, _ settings: ServerSettings, _ logger: Logger, commands: (any OperatorCommands)? = nil,
    listening: @escaping @Sendable (_ origin: String) -> Void = { _ in },
    show: @escaping @Sendable (_ line: String) -> Void = { _ in }
  ) throws(SettingsError) {
    let statistics = RequestStatistics()
    let scheme = settings.tls == nil ? "http" : "https"
    let origin = ServerOrigin(settings.origin)
    let exporter = settings.traces.map { SpanExporter($0, logger) }
    let instruments = RequestInstruments.bootstrapped
    let counts = ConnectionCounts(limit: settings.connectionsPerAddress, proxies: settings.proxies)
    let operations = OperationsRoutes(
      ledger: ledger, statistics: statistics, connections: counts, lifecycle: lifecycle, exporter: exporter)
    let outbox =
      settings.isDevelopment && settings.sms == nil
      ? DevelopmentOutbox(origin: { origin.text }, show: show) : nil
    let gateway: (any TextMessageGateway)? =
      try settings.sms.map { (sms) throws(SettingsError) in
        try HTTPSGateway(sms)
      } ?? outbox
    let dispatcher = gateway.map {
      PINDispatcher(ledger, $0, text: settings.sms?.text ?? "your PIN is {pin}", logger)
    }
    let authorizations = WaitingAuthorizations()
    let tokens = TokenService(
      ledger, origin: { origin.text }, bodyLimit: settings.bodyBytes,
      limits: CallLimits(
        connector: settings.connectorCalls, organisation: settings.organisationCalls, failures: settings.failures),
      pins: dispatcher, isDevelopment: settings.isDevelopment, leakReporters: try settings.leakReporters,
      authorizations: authorizations, requiresNonce: settings.requiresProofNonce)
    let work = try PlatformWork(ledger, settings, logger)
    let platform = PlatformService(
      ledger, messages: work.store, outgoing: work.outgoing, bodyLimit: settings.bodyBytes,
      connectorCalls: settings.connectorCalls, organisationCalls: settings.organisationCalls,
      challenge: { tokens.challenge($0, error: "invalid_token") },
      provenKey: { (token, request) throws(RequestError) in try tokens.provenKey(token, request) })
    let portal = try PortalMount.open(
      ledger, settings, origin: { origin.text }, messages: work.store, authorizations: authorizations, pins: dispatcher)
    self.portal = portal
    let events = try EventRoutes(ledger, lifecycle, settings)
    let table = RouteTable(
      operations.routes + events.routes + DocumentationRoutes().routes + tokens.routes + platform.routes
        + (outbox?.routes ?? []),
      prefixes: [tokens.check, portal.route])
    var known = table.routes.map { (method: $0.method, path: $0.path) }
    for prefix in table.prefixes { known.append((method: .get, path: prefix.path)) }
    let responder = RecordingResponder(
      routes: table.responder, statistics: statistics, proxies: settings.proxies, exporter: exporter,
      instruments: instruments)
    let bounds = RequestGuard.Bounds(
      idle: .seconds(Int64(settings.idleSeconds)), request: .seconds(Int64(settings.requestSeconds)),
      bodyBytes: settings.bodyBytes, headerBytes: settings.headerBytes, headerCount: settings.headerCount,
      unreadPath: TokenService.checkPath)
    let pages = RequestGuard.Pages(
      isForPerson: { ManagementPortal.isForPerson($0) },
      refusal: { portal.page(refusing: $0, of: $1, requestID: $2) })
    let channel = HTTP1Channel.Configuration(
      // The guard closes what is idle: it alone sees all requests.
      additionalChannelHandlers: [
        RequestGuard(bounds, pages: pages, statistics, logger), ImmediateAnswers(responder, logger),
      ],
      httpDecoderConfiguration: .init(
        maxHeaderFieldSize: settings.headerBytes, maxHeaderListSize: settings.headerBytes,
        maxHeaderFieldCount: settings.headerCount))
    let certificate = try settings.tls.map { (files) throws(SettingsError) in try TLSCertificate(files, logger) }
    let plain = PlainRequest.Limits(
      headerBytes: settings.headerBytes, headerCount: settings.headerCount,
      bodyBytes: min(settings.bodyBytes, Route.smallBody))
    let server = Self.server(certificate, channel, counts, idleSeconds: settings.idleSeconds) { channel in
      try PlainAnswers.add(to: channel, responder, logger, plain)
    }
    let door = commands.map {
      OperatorDoor(ledger, $0, statistics: statistics, exporter: exporter, logger)
    }
    var services: [any Service] = settings.listeners.map { address in
      Application(
        responder: responder, server: server,
        configuration: ApplicationConfiguration(
          address: .hostname(address.host, port: address.port),
          availableConnectionsDelegate: MaximumAvailableConnections(
            max(1, settings.connections / settings.listeners.count))),
        onServerRunning: { channel in
          await door?.socket.settled()
          let bound = ListenAddress(host: address.host, port: channel.localAddress?.port ?? address.port)
          // Listeners are bound in any order.
          if address == settings.listeners.first { origin.settle("\(scheme)://\(bound)") }
          listening("\(scheme)://\(bound)")
          if let path = portal.firstOperatorPath, address == settings.listeners.first {
            show("the first operator signs in at \(origin.text)\(path)")
          }
        }, logger: logger)
    }
    if let certificate { services.append(certificate) }
    if let commands, let operators = settings.operators {
      let admission = TokenAdmission(
        tokens: try OperatorTokens(operators.tokens), failures: Throttle("failures", limit: settings.failures))
      let route = OperatorDoor.route(commands) { (request, context) throws(RequestError) in
        try admission.sender(of: request, context)
      }
      services.append(
        Application(
          responder: RecordingResponder(
            routes: RouteTable([route]).responder, statistics: statistics, proxies: settings.proxies,
            exporter: exporter,
            instruments: instruments),
          server: Self.server(
            certificate, Self.operatorChannel(settings, statistics, logger),
            ConnectionCounts(
              limit: min(settings.connectionsPerAddress, Self.operatorConnectionsPerAddress), proxies: settings.proxies),
            idleSeconds: settings.idleSeconds),
          configuration: ApplicationConfiguration(
            address: .hostname(operators.address.host, port: operators.address.port),
            availableConnectionsDelegate: MaximumAvailableConnections(Self.operatorConnections)),
          onServerRunning: { channel in
            let port = channel.localAddress?.port ?? operators.address.port
            let bound = ListenAddress(host: operators.address.host, port: port)
            logger.notice("operators' commands are taken", metadata: ["address": "\(scheme)://\(bound)"])
          }, logger: logger))
    }
    if let door {
      services.append(door)
      known.append((method: .post, path: OperatorDoor.path))
    }
    routes = known
    // Services stop in the order from last to first: PINs are sent and messages posted until the last request is answered.
    if let dispatcher { services.insert(dispatcher, at: 0) }
    services.insert(work, at: 0)
    if let exporter { services.insert(exporter, at: 0) }
    if let meters = LedgerMeters(ledger) { services.insert(meters, at: 0) }
    group = ServiceGroup(
      configuration: ServiceGroupConfiguration(
        services: services.map { .init(service: $0, successTerminationBehavior: .gracefullyShutdownGroup) },
        logger: logger))
  }

  /// How many connections operators have at most. Strangers can make them as well, and lose them once they are idle.
  private static let operatorConnections = 64

  /// How many of them one address has at most, unless the setting leaves it any number.
  private static let operatorConnectionsPerAddress = 16

  /// How long a command that is sent to the listener for operators may take to come, its files included, in seconds.
  private static let commandSeconds = 300

  /// What bounds a connection of operators: a command takes its time once its request has come.
  private static func operatorChannel(
    _ settings: ServerSettings, _ statistics: RequestStatistics, _ logger: Logger
  ) -> HTTP1Channel.Configuration {
    let bounds = RequestGuard.Bounds(
      idle: .seconds(Int64(settings.idleSeconds)),
      request: .seconds(Int64(max(settings.requestSeconds, commandSeconds))), answer: .hours(24),
      bodyBytes: OperatorRequest.limit, headerBytes: settings.headerBytes, headerCount: settings.headerCount)
    return HTTP1Channel.Configuration(
      additionalChannelHandlers: [RequestGuard(bounds, statistics, logger)],
      httpDecoderConfiguration: .init(
        maxHeaderFieldSize: settings.headerBytes, maxHeaderListSize: settings.headerBytes,
        maxHeaderFieldCount: settings.headerCount))
  }

  /// Speaks HTTP/1.1, and with a certificate HTTP/2 as well, by TLS.
  ///
  /// - Parameter preparing: adds what goes before the handlers of a connection without TLS.
  private static func server(
    _ certificate: TLSCertificate?, _ channel: HTTP1Channel.Configuration, _ counts: ConnectionCounts, idleSeconds: Int,
    preparing: (@Sendable (any Channel) throws -> Void)? = nil
  ) -> HTTPServerBuilder {
    HTTPServerBuilder { responder in
      guard let certificate else {
        return ConnectionTasks(
          connection: HTTP1Channel(responder: responder, configuration: channel), counts: counts, preparing: preparing)
      }
      return ConnectionTasks(
        connection: try HTTP2UpgradeChannel(
          tlsChannelConfiguration: TLSChannelConfiguration(tlsConfiguration: certificate.configuration),
          configuration: HTTP2ChannelConfiguration(idleTimeout: .seconds(idleSeconds), streamConfiguration: channel),
          responder: responder), counts: counts, idle: .seconds(Int64(idleSeconds)))
    }
  }

  /// Serves until ``stop()``, or until a listener fails.
  ///
  /// - Throws: where an address cannot be listened on.
  public func run() async throws {
    do { try await group.run() } catch {
      await portal.close()
      throw error
    }
    await portal.close()
  }

  /// Takes no more connections, finishes what was accepted, and has ``run()`` return.
  public func stop() async {
    lifecycle.stop()
    await group.triggerGracefulShutdown()
  }
}

/// Where clients reach a server: as it is set, or else at the first listener that is bound.
private final class ServerOrigin: Sendable {
  private let origin: Mutex<String?>

  init(_ text: String?) { origin = Mutex(text) }

  var text: String { origin.withLock { $0 } ?? "" }

  /// Takes an address unless there is one.
  func settle(_ text: String) { origin.withLock { if $0 == nil { $0 = text } } }
}
