import AsyncHTTPClient
import HTTPSupport
import NIOCore
import NIOSSL

/// Has a command performed by the server that has a ledger open.
public struct OperatorDoorClient: Sendable {
  /// Where requests go: the socket in a ledger's folder, or a server on the network with a token for it.
  private enum Place: Sendable {
    case socket(DoorSocket)
    case server(String, token: String, authorities: String?)
  }

  private let place: Place

  /// A server on the network.
  ///
  /// - Parameters:
  ///   - server: its address for operators, such as `https://tokens.example.org:8444`; `http` on the loopback alone.
  ///   - token: of the operator.
  ///   - authorities: a file with the certificates, in PEM, that the server's own must come from; nil takes those of the system.
  /// - Returns: nil for an address that is none.
  public init?(server: String, token: String, authorities: String?) {
    let origin = server.hasSuffix("/") ? String(server.dropLast()) : server
    let loopback = ["http://127.0.0.1:", "http://[::1]:", "http://localhost:"].contains { origin.hasPrefix($0) }
    guard origin.hasPrefix("https://") || loopback, !origin.dropFirst(8).contains(where: { "/?#@ ".contains($0) })
    else { return nil }
    place = .server(origin, token: token, authorities: authorities)
  }

  /// - Parameter ledger: the ledger's folder.
  /// - Returns: nil where no server has the ledger open that takes commands.
  public init?(of ledger: String) {
    let socket = DoorSocket(in: ledger)
    guard socket.isOpen else { return nil }
    place = .socket(socket)
  }

  /// Sends a command, and waits for its end.
  ///
  /// - Parameter seconds: how long to wait for the answer; nil waits as long as it takes.
  /// - Throws: ``OperatorDoorFailure``.
  public func perform(
    _ command: OperatorRequest, within seconds: Int64? = nil
  ) async throws(OperatorDoorFailure) -> OperatorAnswer {
    let body = command.json.bytes
    guard body.count <= OperatorRequest.limit else {
      throw OperatorDoorFailure(
        isOutcomeKnown: true, reason: "the files are too large to be sent to the server: expected at most 48 MB of them"
      )
    }
    var configuration = HTTPClient.Configuration(
      redirectConfiguration: .disallow, timeout: .init(connect: .seconds(5)))
    var request: HTTPClientRequest
    switch place {
    case .socket(let socket):
      let host = socket.path.utf8.reduce(into: "") { text, byte in
        let digits = String(byte, radix: 16, uppercase: true)
        text += digits.count < 2 ? "%0\(digits)" : "%\(digits)"
      }
      request = HTTPClientRequest(url: "http+unix://\(host)\(OperatorDoor.path)")
    case .server(let origin, let token, let authorities):
      var tls = TLSConfiguration.makeClientConfiguration()
      tls.minimumTLSVersion = .tlsv12
      if let authorities { tls.trustRoots = .file(authorities) }
      configuration.tlsConfiguration = tls
      request = HTTPClientRequest(url: origin + OperatorDoor.path)
      request.headers.add(name: "Authorization", value: "Bearer \(token)")
    }
    let client = HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
    request.method = .POST
    request.headers.add(name: "Content-Type", value: "application/json")
    request.body = .bytes(ByteBuffer(bytes: body))
    let reply: (status: UInt, bytes: [UInt8])?
    let deadline = seconds.map { NIODeadline.now() + TimeAmount.seconds($0) } ?? NIODeadline.distantFuture
    do {
      let response = try await client.execute(request, deadline: deadline)
      let buffer = try await response.body.collect(upTo: 1 << 28)
      reply = (response.status.code, Array(buffer.readableBytesView))
    } catch { reply = nil }
    try? await client.shutdown()
    guard let reply else {
      throw OperatorDoorFailure(
        isOutcomeKnown: false,
        reason:
          "the server ended before it answered: whether the command was performed is unknown; look into the audit "
          + "trail before it is given again")
    }
    guard let json = try? JSONParser.parse(reply.bytes) else {
      throw OperatorDoorFailure(isOutcomeKnown: false, reason: "the server's answer cannot be read")
    }
    if reply.status == 200, let answer = OperatorAnswer(json) { return answer }
    throw OperatorDoorFailure(
      isOutcomeKnown: (400...499).contains(reply.status),
      reason: json["error_description"]?.text ?? "the server's answer cannot be read")
  }
}

/// A server did not answer a command.
public struct OperatorDoorFailure: Error, Sendable, Equatable {
  /// Whether it is certain that nothing was done.
  public let isOutcomeKnown: Bool
  public let reason: String
}
