import HummingbirdCore
import Logging
import NIOCore
import NIOSSL

/// Has what a connection's requests ask for run by the thread that reads and writes it, so that a request is answered without a
/// change of threads. What waits for the disk waits on threads of the ledger's own in any case.
struct ConnectionTasks<Connection: ServerChildChannel>: ServerChildChannel {
  let connection: Connection
  let counts: ConnectionCounts
  /// How long a TLS handshake may take, and a connection of HTTP/2 be without a stream; nil for connections without TLS.
  var idle: TimeAmount?
  /// Adds what goes before the handlers of a connection; nil for nothing.
  var preparing: (@Sendable (any Channel) throws -> Void)?

  func setup(channel: any Channel, logger: Logger) -> EventLoopFuture<Connection.Value> {
    let pipeline = channel.pipeline.syncOperations
    // Before all others, also before TLS.
    do { try pipeline.addHandler(ConnectionBound(counts, isPlain: idle == nil)) } catch {
      return channel.eventLoop.makeFailedFuture(error)
    }
    let value = connection.setup(channel: channel, logger: logger)
    do {
      try preparing?(channel)
      guard let idle else { return value }
      let tls = try pipeline.handler(type: NIOSSLServerHandler.self)
      let place = ChannelPipeline.SynchronousOperations.Position.after(tls)
      try pipeline.addHandler(ConnectionGuard(idle), position: place)
    } catch { return channel.eventLoop.makeFailedFuture(error) }
    return value
  }

  func handle(value: Connection.Value, logger: Logger) async {
    await withTaskExecutorPreference(EventLoopExecutor(value.channel.eventLoop)) {
      await connection.handle(value: value, logger: logger)
    }
  }
}

/// Runs tasks on an event loop.
final class EventLoopExecutor: TaskExecutor {
  private let loop: any EventLoop

  init(_ loop: any EventLoop) { self.loop = loop }

  func enqueue(_ job: consuming ExecutorJob) {
    let job = UnownedJob(job)
    loop.execute { unsafe job.runSynchronously(on: self.asUnownedTaskExecutor()) }
  }
}
