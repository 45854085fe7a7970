import NIOCore
import NIOHTTP1

/// Keeps of which version of HTTP/1 a request is, for the ``RequestGuard`` behind it: the requests that the guard gets do not
/// have it.
final class RequestVersion: ChannelInboundHandler, RemovableChannelHandler {
  typealias InboundIn = HTTPServerRequestPart
  typealias InboundOut = HTTPServerRequestPart

  /// Whether the newest request is of HTTP/1.0, or older.
  private(set) var isBeforeHTTP11 = false

  /// Adds one behind the decoder of a connection; nil for a stream of HTTP/2, which has no such decoder.
  static func add(to channel: any Channel) -> RequestVersion? {
    let pipeline = channel.pipeline.syncOperations
    let version = RequestVersion()
    do {
      let decoder = try pipeline.handler(type: ByteToMessageHandler<HTTPRequestDecoder>.self)
      let place = ChannelPipeline.SynchronousOperations.Position.after(decoder)
      try pipeline.addHandler(version, position: place)
      return version
    } catch { return nil }
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    if case .head(let head) = unwrapInboundIn(data) {
      isBeforeHTTP11 = head.version.major < 1 || head.version.major == 1 && head.version.minor < 1
    }
    context.fireChannelRead(data)
  }
}
