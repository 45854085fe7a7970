import HTTPSupport
import HTTPTypes
import Logging
import NIOCore

/// Answers plain requests from the bytes of a connection, where they need no stream for a body, and writes each answer as a whole: most
/// of the time that a short answer takes is that of the handlers behind this one, which take messages apart and put them together.
///
/// Answers have the order of their requests. So a request is read here only while no other is being answered. All others are handed
/// on whole. What is no plain request is handed on as it came, with all that follows: from then on only the decoder knows where
/// a request begins.
final class PlainAnswers: ChannelDuplexHandler, RemovableChannelHandler {
  typealias InboundIn = ByteBuffer
  typealias InboundOut = ByteBuffer
  typealias OutboundIn = ByteBuffer
  typealias OutboundOut = ByteBuffer

  private let responder: RecordingResponder
  private let logger: Logger
  private let limits: PlainRequest.Limits
  private let requestGuard: RequestGuard
  private let executor: EventLoopExecutor
  private var date = HTTPDate()
  private var isLeftToDecoder = false
  /// Whether the handlers behind this one got something of what was read last.
  private var hasHandedOn = false
  private var hasWritten = false
  private var isTaking = false
  /// Whether an answer is waited for.
  private var isAnswering = false
  /// What came meanwhile.
  private var held = ByteBuffer()
  private var heldEvents: [Any] = []
  /// Whether more was asked for meanwhile.
  private var isReadHeld = false

  private init(
    _ responder: RecordingResponder, _ logger: Logger, _ limits: PlainRequest.Limits, _ requestGuard: RequestGuard,
    _ executor: EventLoopExecutor
  ) {
    self.responder = responder
    self.logger = logger
    self.limits = limits
    self.requestGuard = requestGuard
    self.executor = executor
  }

  /// Adds one before the handlers of a connection without TLS, among which a ``RequestGuard`` is.
  static func add(
    to channel: any Channel, _ responder: RecordingResponder, _ logger: Logger, _ limits: PlainRequest.Limits
  ) throws {
    let pipeline = channel.pipeline.syncOperations
    let answers = PlainAnswers(
      responder, logger, limits, try pipeline.handler(type: RequestGuard.self), EventLoopExecutor(channel.eventLoop))
    try pipeline.addHandler(answers, position: .first)
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    guard !isLeftToDecoder else { return context.fireChannelRead(data) }
    var bytes = unwrapInboundIn(data)
    guard isAnswering else { return take(bytes, context) }
    held.writeBuffer(&bytes)
  }

  func channelReadComplete(context: ChannelHandlerContext) { complete(context) }

  func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
    if isAnswering { heldEvents.append(event) } else { context.fireUserInboundEventTriggered(event) }
  }

  func read(context: ChannelHandlerContext) {
    // Most clients send nothing while they wait, and to stop listening to the connection and begin again takes two calls of the system.
    if isAnswering, held.readableBytes > 0 { isReadHeld = true } else { context.read() }
  }

  func channelInactive(context: ChannelHandlerContext) {
    held.clear()
    heldEvents = []
    context.fireChannelInactive()
  }

  private func take(_ read: ByteBuffer, _ context: ChannelHandlerContext) {
    var bytes = read
    isTaking = true
    defer { isTaking = false }
    while bytes.readableBytes > 0 {
      guard !isAnswering else {
        held = bytes
        return
      }
      guard requestGuard.isIdle, context.channel.isWritable, let request = PlainRequest(bytes, limits),
        request.body.isEmpty || !requestGuard.leavesUnread(request.head)
      else {
        isLeftToDecoder = true
        return handOn(bytes, context)
      }
      if !begin(request, context) { handOn(bytes.getSlice(at: bytes.readerIndex, length: request.length), context) }
      bytes.moveReaderIndex(forwardBy: request.length)
    }
  }

  private func handOn(_ bytes: ByteBuffer?, _ context: ChannelHandlerContext) {
    guard let bytes else { return }
    hasHandedOn = true
    context.fireChannelRead(wrapInboundOut(bytes))
  }

  /// What ends a read: answers are sent together.
  private func complete(_ context: ChannelHandlerContext) {
    if hasWritten {
      hasWritten = false
      context.flush()
    }
    guard hasHandedOn || isLeftToDecoder else { return }
    hasHandedOn = false
    context.fireChannelReadComplete()
  }

  /// Answers a request, or begins to.
  ///
  /// - Returns: whether it is answered here.
  private func begin(_ request: PlainRequest, _ context: ChannelHandlerContext) -> Bool {
    switch responder.directAnswer(to: request.head) {
    case nil: return false
    case .immediate(let immediate)?:
      let (asked, known) = RecordingResponder.received(request.head, context.channel, logger)
      guard let answer = responder.answer(asked, request.body, known, by: immediate) else { return false }
      requestGuard.began()
      write(answer, to: request.head, context)
    case .awaited(let awaited)?:
      isAnswering = true
      requestGuard.began()
      let bound = NIOLoopBound((answers: self, context: context), eventLoop: context.eventLoop)
      let head = request.head
      responder.begin(awaited, to: head, request.body, context.channel, logger, executor) { answer in
        bound.value.answers.finish(answer, to: head, bound.value.context)
      }
    }
    return true
  }

  /// Gives an answer that was waited for, and takes what came meanwhile.
  private func finish(_ answer: WholeAnswer, to head: HTTPRequest, _ context: ChannelHandlerContext) {
    isAnswering = false
    guard context.channel.isActive else { return }
    write(answer, to: head, context)
    // It was there at once: what was read is being taken already.
    guard !isTaking else { return }
    let bytes = held
    held = ByteBuffer()
    take(bytes, context)
    complete(context)
    guard !isAnswering else { return }
    let events = heldEvents
    heldEvents = []
    for event in events { context.fireUserInboundEventTriggered(event) }
    guard isReadHeld else { return }
    isReadHeld = false
    context.read()
  }

  private func write(_ answer: WholeAnswer, to head: HTTPRequest, _ context: ChannelHandlerContext) {
    hasWritten = true
    context.write(
      wrapOutboundOut(answer.encoded(for: head.method, date: date.now, context.channel.allocator)), promise: nil)
    requestGuard.answered()
  }
}
