import HTTPSupport
import HTTPTypes
import Hummingbird
import Logging
import NIOCore

// Answers without a stream for the body of a request.
extension RecordingResponder {
  /// A request whose body is not among what its route reads from it, and what is known of it.
  static func received(_ head: HTTPRequest, _ channel: any Channel, _ logger: Logger) -> (Request, HTTPContext) {
    let source = ApplicationRequestContextSource(channel: channel, logger: logger)
    return (Request(head: head, body: RequestBody(buffer: ByteBuffer())), HTTPContext(source: source))
  }

  /// Begins an answer on the thread of the connection.
  ///
  /// - Parameter give: is called on that thread once what the answer waits for is there.
  func begin(
    _ awaited: @escaping WholePaths.AwaitedAnswer, to head: HTTPRequest, _ body: [UInt8], _ channel: any Channel,
    _ logger: Logger, _ executor: EventLoopExecutor?, _ give: @escaping @Sendable (WholeAnswer) -> Void
  ) {
    let (request, known) = Self.received(head, channel, logger)
    let loop = channel.eventLoop
    Task.immediate(executorPreference: executor) {
      let answer = await self.answer(request, body, known, by: awaited)
      if loop.inEventLoop { give(answer) } else { loop.execute { give(answer) } }
    }
  }
}
