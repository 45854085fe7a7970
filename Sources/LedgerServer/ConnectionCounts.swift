import HTTPSupport
import HTTPTypes
import NIOCore
import Synchronization

/// How many connections each client has, so that one alone does not take the places of all others.
final class ConnectionCounts: Sendable {
  private struct State {
    var open: [String: Int] = [:]
    var refused: UInt64 = 0
  }

  /// How many a client may have; 0 for any number.
  private let limit: Int
  private let proxies: [AddressRange]
  private let state = Mutex(State())

  /// - Parameters:
  ///   - limit: of connections of one client; 0 for any number.
  ///   - proxies: have connections for many clients, so theirs are not counted.
  init(limit: Int, proxies: [AddressRange]) {
    self.limit = limit
    self.proxies = proxies
  }

  /// How many connections were refused.
  var refused: UInt64 { state.withLock { $0.refused } }

  /// Whom a connection counts for; nil where it is not counted.
  func client(of peer: SocketAddress?) -> String? {
    guard limit > 0, let peer, !proxies.contains(where: { $0.contains(peer) }) else { return nil }
    return AddressRange.network(of: peer.ipAddress)
  }

  /// Counts a connection, which has to ``leave(_:)`` then.
  ///
  /// - Returns: whether the client may have it.
  func enter(_ client: String) -> Bool {
    state.withLock { state in
      let count = state.open[client] ?? 0
      guard count < limit else {
        state.refused += 1
        return false
      }
      state.open[client] = count + 1
      return true
    }
  }

  func leave(_ client: String) {
    state.withLock { state in
      guard let count = state.open[client] else { return }
      state.open[client] = count > 1 ? count - 1 : nil
    }
  }
}

/// Counts a connection once it is there, and then is gone; or refuses it.
final class ConnectionBound: ChannelInboundHandler, RemovableChannelHandler {
  typealias InboundIn = ByteBuffer
  typealias OutboundOut = ByteBuffer

  private let counts: ConnectionCounts
  /// Whether a client can be told why in plain text. Of TLS there was no handshake yet.
  private let isPlain: Bool

  init(_ counts: ConnectionCounts, isPlain: Bool) {
    self.counts = counts
    self.isPlain = isPlain
  }

  func channelActive(context: ChannelHandlerContext) {
    if let client = counts.client(of: context.channel.remoteAddress) {
      guard counts.enter(client) else { return refuse(context) }
      let counts = counts
      context.channel.closeFuture.whenComplete { _ in counts.leave(client) }
    }
    context.fireChannelActive()
    context.pipeline.syncOperations.removeHandler(context: context, promise: nil)
  }

  /// What a refused client sends is of no concern.
  func channelRead(context: ChannelHandlerContext, data: NIOAny) {}

  private func refuse(_ context: ChannelHandlerContext) {
    if isPlain { context.writeAndFlush(wrapOutboundOut(ByteBuffer(bytes: Self.refusal)), promise: nil) }
    // Nothing is waited for: a connection that is refused would keep a place otherwise.
    context.close(promise: nil)
  }

  private static let refusal: [UInt8] = {
    let error = RequestError(
      .tooMany, "Too many connections of one address; close some.", headers: [.retryAfter: "1"])
    let answer = ErrorForm.both.answer(to: error)
    var head = "HTTP/1.1 \(answer.status.code) \(answer.status.reasonPhrase)\r\n"
    for field in answer.headers { head += "\(field.name.rawName): \(field.value)\r\n" }
    head += "Content-Length: \(answer.body.count)\r\nConnection: close\r\n\r\n"
    return Array(head.utf8) + answer.body
  }()
}
