import HummingbirdCore
import Logging
import NIOCore

/// Has what a connection's requests ask for run by the thread that reads and writes it, so that a request is answered without a
/// change of threads. What waits for the disk waits on threads of the ledger's own in any case.
struct ConnectionTasks<Connection: ServerChildChannel>: ServerChildChannel {
  let connection: Connection

  func setup(channel: any Channel, logger: Logger) -> EventLoopFuture<Connection.Value> {
    connection.setup(channel: channel, logger: logger)
  }

  func handle(value: Connection.Value, logger: Logger) async {
    await withTaskExecutorPreference(EventLoopExecutor(value.channel.eventLoop)) {
      await connection.handle(value: value, logger: logger)
    }
  }
}

/// Runs tasks on an event loop.
private final class EventLoopExecutor: TaskExecutor {
  private let loop: any EventLoop

  init(_ loop: any EventLoop) { self.loop = loop }

  func enqueue(_ job: consuming ExecutorJob) {
    let job = UnownedJob(job)
    loop.execute { unsafe job.runSynchronously(on: self.asUnownedTaskExecutor()) }
  }
}
