import CredentialLedger
import Glibc
import HTTPSupport
import Hummingbird
import HummingbirdCore
import Logging
import NIOCore
import ServiceLifecycle

/// The door by which operators have commands performed on the ledger that a server has open: a socket in the ledger's folder.
/// The mode of the socket lets only its owner in, and each request is refused unless the system says that the other end is
/// the server's own user, or root.
struct OperatorDoor: Service {
  static let path = "/operator/commands"

  let socket: DoorSocket
  private let application: Application<RecordingResponder>

  /// - Parameter commands: performs what is asked.
  init(
    _ ledger: Ledger, _ commands: any OperatorCommands, statistics: RequestStatistics, exporter: SpanExporter?,
    _ logger: Logger
  ) {
    let socket = DoorSocket(in: ledger.path)
    self.socket = socket
    application = Application(
      responder: RecordingResponder(
        routes: RouteTable([Self.route(commands, at: socket)]).responder, statistics: statistics, proxies: [],
        exporter: exporter),
      // No bound on the time: a command such as the rotation of a key takes as long as the ledger is large.
      server: .http1(configuration: HTTP1Channel.Configuration(idleTimeout: .hours(1))),
      configuration: ApplicationConfiguration(address: .unixDomainSocket(path: socket.path)),
      onServerRunning: { _ in
        if !socket.protect() {
          logger.critical("the operators' socket is not its owner's alone, and takes no commands")
        }
        socket.settle()
      }, logger: logger)
  }

  /// The route, which no other listener has.
  static func route(_ commands: any OperatorCommands, at socket: DoorSocket) -> Route {
    route(commands) { (_, context) throws(RequestError) in
      guard await socket.isOwnersAlone() else {
        throw RequestError(.forbidden, "The server's socket is not its owner's alone, so it takes no commands.")
      }
      let user = try await context.peerUser()
      guard user == geteuid() || user == 0 else {
        throw RequestError(.forbidden, "The server takes commands of its own user and of root, not of this user.")
      }
      return OperatorSender(user: SystemUser.name(user), id: context.requestID)
    }
  }

  /// - Parameter admit: says who asks, or refuses.
  static func route(
    _ commands: any OperatorCommands,
    admitting admit: @escaping @Sendable (Request, HTTPContext) async throws(RequestError) -> OperatorSender
  ) -> Route {
    Route(.post, path, errors: .oauth) { (request, context) throws(RequestError) in
      let sender = try await admit(request, context)
      let command = try OperatorRequest(try await request.jsonObject(upTo: OperatorRequest.limit))
      let answer = await commands.perform(command, from: sender)
      var response = Response.json(answer.json)
      response.headers[.cacheControl] = "no-store"
      return response
    }
  }

  func run() async throws {
    // The process that has the ledger open for writing is alone: what is there is of one that was killed.
    socket.remove()
    defer {
      socket.remove()
      socket.settle()
    }
    try await application.run()
  }
}

extension HTTPContext {
  /// The user at the other end of a local socket, as the system knows it.
  fileprivate func peerUser() async throws(RequestError) -> uid_t {
    let refusal = RequestError(.forbidden, "The system does not say which user this is.")
    guard let provider = channel as? any SocketOptionProvider else { throw refusal }
    do {
      let peer: PeerCredentials = try await provider.unsafeGetSocketOption(
        level: .socket, name: .init(rawValue: SO_PEERCRED)
      ).get()
      return peer.user
    } catch { throw refusal }
  }
}

/// What Linux tells of the other end of a local socket: `struct ucred`, which the headers show only to programs that ask for
/// what GNU adds.
private struct PeerCredentials: Sendable {
  var process: pid_t = 0
  var user: uid_t = .max
  var group: gid_t = .max
}
