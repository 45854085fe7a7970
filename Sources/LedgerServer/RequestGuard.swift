import HTTPSupport
import HTTPTypes
import NIOCore
import NIOHTTPTypes

/// Bounds what a connection, or a stream of one, may cost: the time until a request has begun, the time that it takes, and
/// the size of its body. Answers `Expect: 100-continue`.
///
/// The bounds hold below the program's tasks, so that none of them waits for a slow client.
final class RequestGuard: ChannelDuplexHandler, RemovableChannelHandler {
  typealias InboundIn = HTTPRequestPart
  typealias InboundOut = HTTPRequestPart
  typealias OutboundIn = HTTPResponsePart
  typealias OutboundOut = HTTPResponsePart

  struct Bounds: Sendable {
    let idle: TimeAmount
    let request: TimeAmount
    let bodyBytes: Int
    /// For how long what a refused client still sends is thrown away, so that it reads why.
    let draining = TimeAmount.seconds(2)
  }

  private let bounds: Bounds
  private var timer: Scheduled<Void>?
  /// Requests whose answer has not ended.
  private var unanswered = 0
  private var bodyBytes = 0
  private var isRefused = false

  init(_ bounds: Bounds) { self.bounds = bounds }

  func handlerAdded(context: ChannelHandlerContext) {
    if context.channel.isActive { closeUnlessStopped(after: bounds.idle, context) }
  }

  func handlerRemoved(context: ChannelHandlerContext) { timer?.cancel() }

  func channelActive(context: ChannelHandlerContext) {
    closeUnlessStopped(after: bounds.idle, context)
    context.fireChannelActive()
  }

  func channelInactive(context: ChannelHandlerContext) {
    timer?.cancel()
    context.fireChannelInactive()
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    guard !isRefused else { return }
    switch unwrapInboundIn(data) {
    case .head(let head):
      unanswered += 1
      bodyBytes = 0
      closeUnlessStopped(after: bounds.request, context)
      if let length = head.headerFields[.contentLength].flatMap({ Int($0) }), length > bounds.bodyBytes {
        return refuse(context)
      }
      if head.headerFields[.expect]?.lowercased() == "100-continue" {
        context.writeAndFlush(wrapOutboundOut(.head(HTTPResponse(status: .continue))), promise: nil)
      }
    case .body(let piece):
      bodyBytes += piece.readableBytes
      guard bodyBytes <= bounds.bodyBytes else { return refuse(context) }
    case .end: break
    }
    context.fireChannelRead(data)
  }

  func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
    // The answer was given here already.
    guard !isRefused else {
      promise?.fail(ChannelError.ioOnClosedChannel)
      return
    }
    if case .end = unwrapOutboundIn(data) {
      unanswered = max(0, unanswered - 1)
      if unanswered == 0 { closeUnlessStopped(after: bounds.idle, context) }
    }
    context.write(data, promise: promise)
  }

  /// Answers that the body is too large, and lets the client finish for a moment.
  private func refuse(_ context: ChannelHandlerContext) {
    isRefused = true
    guard unanswered == 1 else { return context.close(promise: nil) }
    let error = RequestError(.tooLarge, "The body has more than \(bounds.bodyBytes) bytes.")
    let response = ErrorForm.both.response(to: error)
    var head = response.head
    head.headerFields[.connection] = "close"
    let body = context.channel.allocator.buffer(bytes: ErrorForm.both.value(of: error).bytes)
    head.headerFields[.contentLength] = String(body.readableBytes)
    context.write(wrapOutboundOut(.head(head)), promise: nil)
    context.write(wrapOutboundOut(.body(body)), promise: nil)
    context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
    context.close(mode: .output, promise: nil)
    closeUnlessStopped(after: bounds.draining, context)
  }

  private func closeUnlessStopped(after time: TimeAmount, _ context: ChannelHandlerContext) {
    timer?.cancel()
    timer = context.eventLoop.assumeIsolated().scheduleTask(in: time) { context.close(promise: nil) }
  }
}
