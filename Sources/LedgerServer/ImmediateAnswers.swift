import HTTPSupport
import HTTPTypes
import Hummingbird
import Logging
import NIOCore
import NIOHTTPTypes

/// Answers on the thread of a connection what needs no waiting, before any task is concerned: whether a token is good, for
/// instance.
///
/// Answers have the order of their requests, so nothing is answered here while a task owes one. A client that does not read its
/// answers is left to the tasks as well, which wait for it.
final class ImmediateAnswers: ChannelDuplexHandler, RemovableChannelHandler {
  typealias InboundIn = HTTPRequestPart
  typealias InboundOut = HTTPRequestPart
  typealias OutboundIn = HTTPResponsePart
  typealias OutboundOut = HTTPResponsePart

  private let responder: RecordingResponder
  private let logger: Logger
  /// How many answers tasks owe.
  private var owed = 0
  /// The request that is coming in to be answered here.
  private var begun: (head: HTTPRequest, answer: WholePaths.ImmediateAnswer)?
  private var body: [UInt8] = []
  /// What came for the other handlers meanwhile, the end of the connection for instance.
  private var held: [Any] = []
  private var date = HTTPDate()

  init(_ responder: RecordingResponder, _ logger: Logger) {
    self.responder = responder
    self.logger = logger
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    switch unwrapInboundIn(data) {
    case .head(let head):
      if let answer = immediateAnswer(to: head, context) {
        begun = (head, answer)
        return
      }
      owed += 1
    case .body(let piece):
      guard begun != nil else { break }
      // What is larger is refused, and need not be kept.
      if body.count <= Route.smallBody { body += piece.readableBytesView }
      return
    case .end:
      guard let (head, answer) = begun else { break }
      begun = nil
      let bytes = body
      body = []
      if !give(answer, to: head, bytes, context) {
        // It has to wait for something, and so for a task.
        owed += 1
        context.fireChannelRead(wrapInboundOut(.head(head)))
        if !bytes.isEmpty {
          context.fireChannelRead(wrapInboundOut(.body(context.channel.allocator.buffer(bytes: bytes))))
        }
        context.fireChannelRead(data)
      }
      for event in held { context.fireUserInboundEventTriggered(event) }
      held = []
      return
    }
    context.fireChannelRead(data)
  }

  func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
    if case .end = unwrapOutboundIn(data) { owed = max(0, owed - 1) }
    context.write(data, promise: promise)
  }

  func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
    guard begun == nil else {
      held.append(event)
      return
    }
    context.fireUserInboundEventTriggered(event)
  }

  private func immediateAnswer(
    to head: HTTPRequest, _ context: ChannelHandlerContext
  ) -> WholePaths.ImmediateAnswer? {
    // Tasks end a connection whose client wants that, and streams of HTTP/2, which have one request each.
    guard owed == 0, context.channel.isWritable, head.headerFields[.connection] == nil,
      context.channel.parent?.parent == nil
    else { return nil }
    return responder.immediateAnswer(to: head)
  }

  /// - Returns: whether there was an answer to give at once.
  private func give(
    _ immediate: WholePaths.ImmediateAnswer, to head: HTTPRequest, _ bytes: [UInt8], _ context: ChannelHandlerContext
  ) -> Bool {
    let request = Request(head: head, body: RequestBody(buffer: ByteBuffer()))
    let source = ApplicationRequestContextSource(channel: context.channel, logger: logger)
    guard let answer = responder.answer(request, bytes, HTTPContext(source: source), by: immediate) else {
      return false
    }
    var fields = answer.headers
    fields[.date] = date.now
    fields[.contentLength] = String(answer.body.count)
    context.write(
      wrapOutboundOut(.head(HTTPResponse(status: answer.status, headerFields: fields))), promise: nil)
    // An answer to HEAD tells the length of what it leaves away (RFC 9110 section 9.3.2).
    if !answer.body.isEmpty, head.method != .head {
      context.write(wrapOutboundOut(.body(context.channel.allocator.buffer(bytes: answer.body))), promise: nil)
    }
    context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
    return true
  }
}
