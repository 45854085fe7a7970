import Glibc
import Synchronization
import Testing

@testable import EventLog

/// Threads of the operating system.
@Suite struct OSThreadTests {
  @Test("A thread that takes short turns keeps its policy and its priority") func shortTurns() {
    let seen = Mutex<[[Int32]]>([])
    let thread = OSThread {
      for _ in 0..<2 {
        seen.withLock { $0.append([sched_getscheduler(0), nice(0)]) }
        OSThread.takeShortTurns()
      }
      seen.withLock { $0.append([sched_getscheduler(0), nice(0)]) }
    }
    thread.join()
    let all = seen.withLock { $0 }
    #expect(all.count == 3 && Set(all).count == 1)
  }
}
