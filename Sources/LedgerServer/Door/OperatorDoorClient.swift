import AsyncHTTPClient
import HTTPSupport
import NIOCore

/// Has a command performed by the server that has a ledger open.
public struct OperatorDoorClient: Sendable {
  private let socket: DoorSocket

  /// - Parameter ledger: the ledger's folder.
  /// - Returns: nil where no server has the ledger open that takes commands.
  public init?(of ledger: String) {
    socket = DoorSocket(in: ledger)
    guard socket.isOpen else { return nil }
  }

  /// Sends a command, and waits for its end.
  ///
  /// - Throws: ``OperatorDoorFailure``.
  public func perform(_ command: OperatorRequest) async throws(OperatorDoorFailure) -> OperatorAnswer {
    let body = command.json.bytes
    guard body.count <= OperatorRequest.limit else {
      throw OperatorDoorFailure(
        isOutcomeKnown: true, reason: "the files are too large to be sent to the server: expected at most 48 MB of them"
      )
    }
    let client = HTTPClient(
      eventLoopGroupProvider: .singleton,
      configuration: HTTPClient.Configuration(
        redirectConfiguration: .disallow, timeout: .init(connect: .seconds(5)), connectionPool: .init()))
    let host = socket.path.utf8.reduce(into: "") { text, byte in
      let digits = String(byte, radix: 16, uppercase: true)
      text += digits.count < 2 ? "%0\(digits)" : "%\(digits)"
    }
    var request = HTTPClientRequest(url: "http+unix://\(host)\(OperatorDoor.path)")
    request.method = .POST
    request.headers.add(name: "Content-Type", value: "application/json")
    request.headers.add(name: "Host", value: "localhost")
    request.body = .bytes(ByteBuffer(bytes: body))
    let reply: (status: UInt, bytes: [UInt8])?
    do {
      let response = try await client.execute(request, deadline: .distantFuture)
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
      reason: json["message"]?.text ?? "the server's answer cannot be read")
  }
}

/// A server did not answer a command.
public struct OperatorDoorFailure: Error, Sendable, Equatable {
  /// Whether it is certain that nothing was done.
  public let isOutcomeKnown: Bool
  public let reason: String
}
