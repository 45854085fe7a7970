import NIOCore
import NIOTLS

/// Closes a connection of TLS on which nothing is asked. What bounds requests is added after the handshake, and with HTTP/2 to each
/// stream, so a connection without either would keep its place for good.
///
/// A connection of HTTP/2 that is idle, or whose server stops, is closed by Hummingbird once the client has answered a ping. A client
/// that never does is not waited for.
final class ConnectionGuard: ChannelInboundHandler, RemovableChannelHandler {
  typealias InboundIn = ByteBuffer

  private enum Phase { case handshake, http1, http2 }

  private let idle: TimeAmount
  private var phase = Phase.handshake
  private var context: ChannelHandlerContext?
  private var timer: Scheduled<Void>?
  /// How many streams there are, of those that began before the server was to stop.
  private var streams = 0
  private var isStopping = false

  /// How long a client has to answer the ping that comes before the end.
  private static let farewell = TimeAmount.seconds(5)

  /// - Parameter idle: how long a handshake may take, and a connection be without a stream.
  init(_ idle: TimeAmount) { self.idle = idle }

  func handlerAdded(context: ChannelHandlerContext) {
    self.context = context
    close(after: idle)
  }

  func handlerRemoved(context: ChannelHandlerContext) {
    timer?.cancel()
    self.context = nil
  }

  func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
    if case .handshakeCompleted(let negotiated)? = event as? TLSUserEvent {
      phase = negotiated == "h2" ? .http2 : .http1
      timer?.cancel()
      closeUnlessUsed()
    }
    if event is ChannelShouldQuiesceEvent {
      if phase == .handshake { return context.close(promise: nil) }
      isStopping = true
      closeUnlessUsed()
    }
    context.fireUserInboundEventTriggered(event)
  }

  /// Takes a stream into account, which has to ``endStream()`` then.
  ///
  /// - Returns: false once the server is to stop: then the connection does not wait for it.
  func beginStream() -> Bool {
    guard !isStopping else { return false }
    streams += 1
    timer?.cancel()
    return true
  }

  func endStream() {
    streams -= 1
    closeUnlessUsed()
  }

  private func closeUnlessUsed() {
    guard phase == .http2, streams == 0 else { return }
    close(after: isStopping ? Self.farewell : idle + Self.farewell)
  }

  private func close(after time: TimeAmount) {
    timer?.cancel()
    guard let context else { return }
    timer = context.eventLoop.assumeIsolated().scheduleTask(in: time) { context.close(promise: nil) }
  }
}
