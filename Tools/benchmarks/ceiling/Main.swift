import Glibc
import Hummingbird
import HummingbirdCore
import Logging

/// The ceiling of the server's benchmarks: answers of a constant size and no work, by the same framework. Prints where it
/// listens.
///
///     server-ceiling
@main
struct ServerCeiling {
  static func main() async throws {
    let router = Router()
    // As many bytes as the answer that it is compared with.
    router.get("/constant/{size}") { _, context in answer(context) }
    router.post("/constant/{size}") { request, context in
      _ = try await request.body.collect(upTo: 1 << 16)
      return answer(context)
    }
    var logger = Logger(label: "ceiling")
    logger.logLevel = .error
    let application = Application(
      router: router, configuration: ApplicationConfiguration(address: .hostname("127.0.0.1", port: 0)),
      onServerRunning: { channel in
        let line = "listening on http://127.0.0.1:\(channel.localAddress?.port ?? 0)\n"
        unsafe _ = write(STDOUT_FILENO, line, line.utf8.count)
      }, logger: logger)
    try await application.run()
  }

  private static func answer(_ context: BasicRequestContext) -> Response {
    let size = min(1 << 16, context.parameters.get("size").flatMap { Int($0) } ?? 0)
    return Response(
      status: .ok, headers: [.contentType: "application/json", .cacheControl: "no-store"],
      body: ResponseBody(byteBuffer: ByteBuffer(repeating: UInt8(ascii: "a"), count: size)))
  }
}
