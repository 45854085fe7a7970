import HTTPSupport
import HTTPTypes
import Logging
import NIOCore
import NIOHTTPTypes

/// Answers on the thread of a connection what needs no stream for its body: whether a token is good, for instance, which needs no
/// waiting, and what waits for a commit and is short.
///
/// Answers have the order of their requests. So nothing is answered here while a task of the connection owes an answer, and what
/// comes while an answer is waited for here waits too, within what one read brings. A client that does not read its answers is left to
/// the tasks, which wait for it.
final class ImmediateAnswers: ChannelDuplexHandler, RemovableChannelHandler {
  typealias InboundIn = HTTPRequestPart
  typealias InboundOut = HTTPRequestPart
  typealias OutboundIn = HTTPResponsePart
  typealias OutboundOut = HTTPResponsePart

  private enum Inbound {
    case part(HTTPRequestPart)
    case event(Any)
  }

  private let responder: RecordingResponder
  private let logger: Logger
  /// How many answers tasks owe.
  private var owed = 0
  /// The request that is coming in to be answered here.
  private var begun: (head: HTTPRequest, answer: WholePaths.DirectAnswer)?
  private var body: [UInt8] = []
  /// What came for the other handlers meanwhile, the end of the connection for instance.
  private var held: [Any] = []
  /// Whether an answer is waited for here.
  private var isAnswering = false
  /// What came meanwhile, of any kind.
  private var waiting: CircularBuffer<Inbound> = []
  private var isTakingWaiting = false
  /// Whether more was asked for meanwhile.
  private var isReadHeld = false
  private var executor: EventLoopExecutor?
  private var date = HTTPDate()

  init(_ responder: RecordingResponder, _ logger: Logger) {
    self.responder = responder
    self.logger = logger
  }

  func handlerAdded(context: ChannelHandlerContext) { executor = EventLoopExecutor(context.eventLoop) }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    let part = unwrapInboundIn(data)
    if isAnswering || isTakingWaiting { waiting.append(.part(part)) } else { take(part, context) }
  }

  func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
    if isAnswering || isTakingWaiting { waiting.append(.event(event)) } else { take(event: event, context) }
  }

  func read(context: ChannelHandlerContext) {
    if isAnswering { isReadHeld = true } else { context.read() }
  }

  func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
    if case .end = unwrapOutboundIn(data) { owed = max(0, owed - 1) }
    context.write(data, promise: promise)
  }

  func channelInactive(context: ChannelHandlerContext) {
    waiting.removeAll()
    context.fireChannelInactive()
  }

  private func take(_ part: HTTPRequestPart, _ context: ChannelHandlerContext) {
    switch part {
    case .head(let head):
      if let answer = directAnswer(to: head, context) {
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
      switch answer {
      case .immediate(let answer):
        if !give(answer, to: head, bytes, context) {
          // It has to wait for something, and so for a task.
          owed += 1
          context.fireChannelRead(wrapInboundOut(.head(head)))
          if !bytes.isEmpty {
            context.fireChannelRead(wrapInboundOut(.body(context.channel.allocator.buffer(bytes: bytes))))
          }
          context.fireChannelRead(wrapInboundOut(part))
        }
        fireHeld(context)
      case .awaited(let answer): wait(for: answer, to: head, bytes, context)
      }
      return
    }
    context.fireChannelRead(wrapInboundOut(part))
  }

  private func take(event: Any, _ context: ChannelHandlerContext) {
    guard begun == nil else {
      held.append(event)
      return
    }
    context.fireUserInboundEventTriggered(event)
  }

  private func fireHeld(_ context: ChannelHandlerContext) {
    for event in held { context.fireUserInboundEventTriggered(event) }
    held = []
  }

  private func directAnswer(to head: HTTPRequest, _ context: ChannelHandlerContext) -> WholePaths.DirectAnswer? {
    // Tasks end a connection whose client wants that, and streams of HTTP/2, which have one request each.
    guard owed == 0, context.channel.isWritable, head.headerFields[.connection] == nil,
      context.channel.parent?.parent == nil
    else { return nil }
    let answer = responder.directAnswer(to: head)
    if case .awaited = answer, !head.hasSmallBody { return nil }
    return answer
  }

  /// - Returns: whether there was an answer to give at once.
  private func give(
    _ immediate: WholePaths.ImmediateAnswer, to head: HTTPRequest, _ bytes: [UInt8], _ context: ChannelHandlerContext
  ) -> Bool {
    let (request, known) = RecordingResponder.received(head, context.channel, logger)
    guard let answer = responder.answer(request, bytes, known, by: immediate) else { return false }
    send(answer, to: head, context)
    return true
  }

  /// Begins an answer, and gives it once what it waits for is there.
  private func wait(
    for awaited: @escaping WholePaths.AwaitedAnswer, to head: HTTPRequest, _ bytes: [UInt8],
    _ context: ChannelHandlerContext
  ) {
    isAnswering = true
    let bound = NIOLoopBound((answers: self, context: context), eventLoop: context.eventLoop)
    responder.begin(awaited, to: head, bytes, context.channel, logger, executor) { answer in
      bound.value.answers.finish(answer, to: head, bound.value.context)
    }
  }

  private func finish(_ answer: WholeAnswer, to head: HTTPRequest, _ context: ChannelHandlerContext) {
    isAnswering = false
    guard context.channel.isActive else { return }
    send(answer, to: head, context)
    fireHeld(context)
    takeWaiting(context)
  }

  /// Takes what came while an answer was waited for, until the next is.
  private func takeWaiting(_ context: ChannelHandlerContext) {
    guard !isTakingWaiting else { return }
    isTakingWaiting = true
    let hasWaited = !waiting.isEmpty
    while !isAnswering, let next = waiting.popFirst() {
      switch next {
      case .part(let part): take(part, context)
      case .event(let event): take(event: event, context)
      }
    }
    isTakingWaiting = false
    if hasWaited { context.fireChannelReadComplete() }
    guard !isAnswering, isReadHeld else { return }
    isReadHeld = false
    context.read()
  }

  private func send(_ answer: WholeAnswer, to head: HTTPRequest, _ context: ChannelHandlerContext) {
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
  }
}

extension HTTPRequest {
  /// Whether the header says that the body is one that is kept whole.
  fileprivate var hasSmallBody: Bool {
    headerFields[.transferEncoding] == nil
      && headerFields[.contentLength].map { Int($0).map { $0 <= Route.smallBody } ?? false } ?? true
  }
}
