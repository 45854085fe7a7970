import CPlatform
import CredentialLedger
import Glibc
import Synchronization

/// What a signal to stop does: it ends the program as ever, once what was not finished is gone.
enum Interruption {
  /// A handler may do next to nothing: it writes the signal's number into a pipe, and a thread does the rest.
  private static let writingEnd = Atomic<Int32>(-1)
  /// The process that works for this one; 0 for none.
  private static let worker = Atomic<pid_t>(0)

  /// What takes the first signal, where it does not end the program.
  private static let graceful = Mutex<(@Sendable () -> Void)?>(nil)

  /// Has the first signal do something else than to end the program: to finish what it does. The next one ends it.
  static func first(_ body: @escaping @Sendable () -> Void) { graceful.withLock { $0 = body } }

  /// Listens from now on.
  ///
  /// - Parameter parent: a pipe's end that the parent process closes when it ends.
  static func listen(parent: Int32 = -1) {
    var ends: [Int32] = [-1, -1]
    guard unsafe credledger_pipe(&ends) == 0 else { return }
    writingEnd.store(ends[1], ordering: .sequentiallyConsistent)
    for signal in [SIGINT, SIGTERM, SIGHUP] {
      var action = sigaction()
      unsafe sigaction(signal, nil, &action)
      // As nohup has it.
      if unsafe unsafeBitCast(action.__sigaction_handler.sa_handler, to: Int.self) == 1 { continue }
      action = sigaction()
      action.sa_flags = SA_RESTART
      unsafe action.__sigaction_handler.sa_handler = { number in
        let kept = errno
        var byte = UInt8(truncatingIfNeeded: number)
        unsafe _ = Glibc.write(Interruption.writingEnd.load(ordering: .relaxed), &byte, 1)
        errno = kept
      }
      unsafe sigaction(signal, &action, nil)
    }
    let readingEnd = ends[0]
    detach {
      var watched = [pollfd(fd: readingEnd, events: Int16(POLLIN), revents: 0)]
      watched.append(pollfd(fd: parent, events: Int16(POLLIN), revents: 0))
      while true {
        while unsafe poll(&watched, 2, -1) < 0, errno == EINTR {}
        var byte = UInt8(SIGTERM)
        if watched[0].revents != 0 { unsafe _ = read(readingEnd, &byte, 1) }
        guard let body = graceful.withLock({ $0.take() }) else { end(by: Int32(byte)) }
        body()
      }
    }
  }

  /// Notes who works for this process, and hears of its end with it.
  static func pass(to process: pid_t) { worker.store(process, ordering: .sequentiallyConsistent) }

  /// Removes what is not finished, and ends this process by a signal.
  static func end(by signal: Int32) -> Never {
    HiddenLine.restore()
    let process = worker.load(ordering: .sequentiallyConsistent)
    if process > 0 {
      kill(process, signal)
      var information = unsafe siginfo_t()
      while unsafe waitid(P_PID, id_t(process), &information, WEXITED | WNOWAIT) < 0, errno == EINTR {}
    }
    TemporaryFiles.abandon {
      Glibc.signal(signal, SIG_DFL)
      var own = sigset_t()
      unsafe sigemptyset(&own)
      unsafe sigaddset(&own, signal)
      unsafe pthread_sigmask(SIG_UNBLOCK, &own, nil)
      raise(signal)
      // The first process of a container survives that: the system spares it each signal that it does not handle.
      _exit(128 + signal)
    }
  }

  private static func detach(_ body: @escaping @Sendable () -> Void) {
    final class Body {
      let run: @Sendable () -> Void
      init(_ run: @escaping @Sendable () -> Void) { self.run = run }
    }
    var thread = pthread_t()
    let argument = unsafe Unmanaged.passRetained(Body(body)).toOpaque()
    let started = unsafe pthread_create(
      &thread, nil,
      { argument in
        if let argument = unsafe argument { unsafe Unmanaged<Body>.fromOpaque(argument).takeRetainedValue().run() }
        return nil
      }, argument)
    if started == 0 { pthread_detach(thread) }
  }
}
