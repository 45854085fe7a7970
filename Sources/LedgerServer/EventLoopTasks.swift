import NIOCore
import NIOPosix

extension LedgerServer {
  /// Has the tasks of this process run by the threads that read and write its connections, so that a request is answered without
  /// a change of threads. To be called once, before anything else.
  ///
  /// What waits for the disk waits on threads of the ledger's own in any case. Where the system has no way to do this, tasks run
  /// as they do otherwise.
  @discardableResult
  public static func runTasksOnEventLoops() -> Bool {
    NIOSingletons.unsafeTryInstallSingletonPosixEventLoopGroupAsConcurrencyGlobalExecutor()
  }
}
