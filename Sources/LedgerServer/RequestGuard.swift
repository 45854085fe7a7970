import HTTPSupport
import HTTPTypes
import Logging
import NIOCore
import NIOHTTP1
import NIOHTTPTypes

/// Bounds what a connection, or a stream of one, may cost: the time until a request has begun, the time that it takes, and
/// the size of its body. Answers `Expect: 100-continue`, headers that are too large, and requests without a host.
///
/// The bounds hold below the program's tasks, so that none of them waits for a slow client.
final class RequestGuard: ChannelDuplexHandler, RemovableChannelHandler {
  typealias InboundIn = HTTPRequestPart
  typealias InboundOut = HTTPRequestPart
  typealias OutboundIn = HTTPResponsePart
  typealias OutboundOut = HTTPResponsePart

  struct Bounds: Sendable {
    let idle: TimeAmount
    /// From the header of a request to the end of its answer.
    let request: TimeAmount
    /// From the end of a request to the end of its answer, where that may take longer; nil leaves both to ``request``.
    var answer: TimeAmount?
    let bodyBytes: Int
    let headerBytes: Int
    let headerCount: Int
    /// A path, with all below it, whose requests are answered by their head alone; nil for none.
    var unreadPath: String?
    /// For how long what a refused client still sends is thrown away, so that it reads why.
    let draining = TimeAmount.seconds(2)
  }

  /// What answers requests by pages for people: they are told by one why they are refused.
  struct Pages: Sendable {
    let isForPerson: @Sendable (HTTPRequest) -> Bool
    /// The answer to a refused request, or nil for one that programs read.
    let refusal: @Sendable (RequestError, HTTPRequest, _ requestID: String) -> WholeAnswer?
  }

  private let bounds: Bounds
  private let pages: Pages?
  private let statistics: RequestStatistics
  private let logger: Logger
  /// The newest request, where it is a person's. Of one whose header cannot be read the one before tells whose it is.
  private var asked: HTTPRequest?
  private var timer: Scheduled<Void>?
  /// When the timer fires, and when it is to close the connection: it is set anew once it has fired, since a request comes and is
  /// answered far sooner than setting it twice would be worth.
  private var firesAt = NIODeadline.distantFuture
  private var closesAt = NIODeadline.distantFuture
  /// Requests whose answer has not ended.
  private var unanswered = 0
  private var bodyBytes = 0
  private var isRefused = false
  /// Whether what is left of the request is of no concern: the tasks saw its end already.
  private var isUnread = false
  /// With which of the answers that are owed the connection ends, counted from 1, since a body that may never come was announced.
  private var answersUntilClose: Int?
  /// What closes the connection of a stream once it has none.
  private var connection: ConnectionGuard?
  /// Nil for a stream of HTTP/2.
  private var version: RequestVersion?

  private var context: ChannelHandlerContext?

  init(_ bounds: Bounds, pages: Pages? = nil, _ statistics: RequestStatistics, _ logger: Logger) {
    self.bounds = bounds
    self.pages = pages
    self.statistics = statistics
    self.logger = logger
  }

  /// Whether no request has begun whose answer has not ended, and the next is to be answered.
  var isIdle: Bool { unanswered == 0 && !isRefused && !isUnread && answersUntilClose == nil }

  /// Whether the body of a request is not read.
  func leavesUnread(_ head: HTTPRequest) -> Bool {
    bounds.unreadPath.map { PrefixRoute.covers($0, head.path ?? "") } ?? false
  }

  /// Bounds a request that has come whole to a handler before this one.
  func began() {
    unanswered += 1
    if let context { closeUnlessStopped(after: bounds.answer ?? bounds.request, context) }
  }

  /// The answer to such a request is written.
  func answered() {
    unanswered = max(0, unanswered - 1)
    if let context, unanswered == 0 { closeUnlessStopped(after: bounds.idle, context) }
  }

  func handlerAdded(context: ChannelHandlerContext) {
    self.context = context
    if isStream(context) {
      let known = try? context.channel.parent?.pipeline.syncOperations.handler(type: ConnectionGuard.self)
      if let known, known.beginStream() { connection = known }
    } else {
      version = RequestVersion.add(to: context.channel)
    }
    if context.channel.isActive { closeUnlessStopped(after: bounds.idle, context) }
  }

  func handlerRemoved(context: ChannelHandlerContext) {
    timer?.cancel()
    connection?.endStream()
    connection = nil
    self.context = nil
  }

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
      asked = pages?.isForPerson(head) == true ? head : nil
      closeUnlessStopped(after: bounds.request, context)
      if let problem = framingProblem(of: head, context) { return refuse(context, problem) }
      // What decodes HTTP/2 bounds the size of a header alone.
      guard head.headerFields.count <= bounds.headerCount else { return refuse(context, headerError) }
      isUnread = leavesUnread(head)
      if isUnread {
        if head.announcesBody, answersUntilClose == nil { answersUntilClose = unanswered }
        context.fireChannelRead(data)
        return context.fireChannelRead(wrapInboundOut(.end(nil)))
      }
      if let length = head.headerFields[.contentLength].flatMap({ Int($0) }), length > bounds.bodyBytes {
        return refuse(context, bodyError)
      }
      // While an answer to an earlier request is owed, this would get in between: the client has to wait in vain then, and send
      // (RFC 9110 section 10.1.1).
      if unanswered == 1, head.headerFields[.expect]?.lowercased() == "100-continue" {
        context.writeAndFlush(wrapOutboundOut(.head(HTTPResponse(status: .continue))), promise: nil)
      }
    case .body where isUnread: return
    case .end where isUnread:
      isUnread = false
      return
    case .body(let piece):
      bodyBytes += piece.readableBytes
      guard bodyBytes <= bounds.bodyBytes else { return refuse(context, bodyError) }
    case .end:
      // What was answered before its end is idle already.
      if let answer = bounds.answer, unanswered > 0 { closeUnlessStopped(after: answer, context) }
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
      if let left = answersUntilClose {
        guard left > 1 else {
          context.writeAndFlush(data, promise: promise)
          return isStream(context) ? closeUnlessStopped(after: bounds.draining, context) : context.close(promise: nil)
        }
        answersUntilClose = left - 1
      }
      unanswered = max(0, unanswered - 1)
      if unanswered == 0 { closeUnlessStopped(after: bounds.idle, context) }
    }
    context.write(data, promise: promise)
  }

  /// A header that is malformed or too large ends the decoding of the connection. What is wrong with a body, or comes behind a request
  /// whose answer is owed, is left to the tasks.
  func errorCaught(context: ChannelHandlerContext, error: any Error) {
    guard let problem = error as? HTTPParserError, !isRefused else { return context.fireErrorCaught(error) }
    if case .headerOverflow = problem {
      unanswered += 1
      return refuse(context, headerError)
    }
    guard unanswered == 0 else { return context.fireErrorCaught(error) }
    unanswered += 1
    refuse(context, RequestError(.invalid, "The request is not well-formed HTTP."))
  }

  /// What is wrong with how a request names its host, or frames its body.
  private func framingProblem(of head: HTTPRequest, _ context: ChannelHandlerContext) -> RequestError? {
    // RFC 9112 section 3.2: a proxy may have gone by another of them. With HTTP/2 it may repeat the authority.
    let hosts = head.headerFields[values: .host]
    guard hosts.isEmpty || isStream(context) && hosts.allSatisfy({ $0 == head.authority }) else {
      return RequestError(.invalid, "Host: expected one.")
    }
    if isStream(context) { return nil }
    // HTTP/1.0 knows neither field. A proxy of that version may have found another end of the body (section 6.1).
    if version?.isBeforeHTTP11 == true {
      return head.headerFields[.transferEncoding] == nil
        ? nil : RequestError(.invalid, "Transfer-Encoding: expected HTTP/1.1 with it.")
    }
    return head.authority == nil ? RequestError(.invalid, "Host: expected one.") : nil
  }

  private var headerError: RequestError {
    RequestError(
      .headerTooLarge,
      "The header is too large: expected at most \(bounds.headerBytes) bytes in \(bounds.headerCount) fields.")
  }

  private var bodyError: RequestError { RequestError(.tooLarge, "The body has more than \(bounds.bodyBytes) bytes.") }

  /// Answers what is wrong, and lets the client finish for a moment.
  private func refuse(_ context: ChannelHandlerContext, _ error: RequestError) {
    isRefused = true
    statistics.noteRefusal(error.status.code)
    guard unanswered == 1 else { return context.close(promise: nil) }
    let requestID = HTTPContext.freshID()
    let answer = asked.flatMap { pages?.refusal(error, $0, requestID) } ?? ErrorForm.both.answer(to: error)
    logger.info(
      "request refused",
      metadata: ["request_id": .string(requestID), "status": .stringConvertible(answer.status.code)])
    var head = HTTPResponse(status: answer.status, headerFields: answer.headers)
    head.headerFields[.requestID] = requestID
    // A stream ends with its answer, and has no such field.
    if !isStream(context) { head.headerFields[.connection] = "close" }
    let body = context.channel.allocator.buffer(bytes: answer.body)
    head.headerFields[.contentLength] = String(body.readableBytes)
    context.write(wrapOutboundOut(.head(head)), promise: nil)
    context.write(wrapOutboundOut(.body(body)), promise: nil)
    context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
    // A stream is over with its answer. To close it here would take back what was not sent yet.
    if !isStream(context) { context.close(mode: .output, promise: nil) }
    closeUnlessStopped(after: bounds.draining, context)
  }

  /// Whether it is a stream of HTTP/2, which has a connection above it.
  private func isStream(_ context: ChannelHandlerContext) -> Bool { context.channel.parent?.parent != nil }

  private func closeUnlessStopped(after time: TimeAmount, _ context: ChannelHandlerContext) {
    closesAt = .now() + time
    if closesAt < firesAt { setTimer(context) }
  }

  private func setTimer(_ context: ChannelHandlerContext) {
    timer?.cancel()
    firesAt = closesAt
    timer = context.eventLoop.assumeIsolated().scheduleTask(deadline: firesAt) { [self] in
      guard closesAt <= firesAt else { return setTimer(context) }
      context.close(promise: nil)
    }
  }
}

extension HTTPField.Name {
  /// The first of a request is its authority, so that only others are among its fields.
  fileprivate static let host = named("Host")
}

extension HTTPRequest {
  /// Whether a body follows, as the header says.
  fileprivate var announcesBody: Bool {
    headerFields[.transferEncoding] != nil || headerFields[.contentLength].map { $0 != "0" } ?? false
  }
}
