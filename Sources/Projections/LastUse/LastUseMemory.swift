package import EventLog
package import LedgerEvents
import Synchronization

/// Remembers which tokens were lately used, until that is written down: on the path of every validation, so it takes no
/// lock and allocates nothing.
///
/// A table of words, each the token and the minute of its use. A token that is in it and was used within the resolution
/// costs one look; cores that validate the same token only read the same word then. Where eight places in a row are
/// taken by others, the use is not noted: it counts at the token's next.
///
/// `@unchecked Sendable`: the words are atomic, and the memory lives as long as the object.
@safe package final class LastUseMemory: @unchecked Sendable {
  /// Tokens at positions from here on are not noted: 17 million million events.
  private static let positionBits: UInt64 = 44
  private static let minuteBits: UInt64 = 20
  private static let minuteMask: UInt64 = 1 << minuteBits - 1
  /// How many places a token may be in.
  private static let reach = 8

  private let words: UnsafeMutablePointer<Atomic<UInt64>>
  private let logCount: UInt64
  private let resolution: UInt64

  /// - Parameters:
  ///   - logCount: binary logarithm of how many tokens have room; 17 takes 1 MiB.
  ///   - resolution: in minutes, at least 1: a use that comes sooner after one that is noted is not noted.
  package init(logCount: Int = 17, resolution: Int) {
    self.logCount = UInt64(logCount)
    self.resolution = UInt64(max(resolution, 1))
    unsafe words = .allocate(capacity: 1 << logCount)
    for index in 0..<1 << logCount { unsafe (words + index).initialize(to: Atomic(0)) }
  }

  deinit {
    unsafe words.deinitialize(count: 1 << Int(logCount))
    unsafe words.deallocate()
  }

  private func place(of token: UInt64) -> Int { Int((token &* 0x9E37_79B9_7F4A_7C15) >> (64 - logCount)) }

  /// Notes that a token is used now. Some nanoseconds, from any thread.
  package func note(_ token: TokenID, at now: Milliseconds) {
    let number = token.rawValue
    guard number >> Self.positionBits == 0, now >= 0 else { return }
    let minute = UInt64(bitPattern: now / 60_000) & Self.minuteMask
    let word = number << Self.minuteBits | minute
    var index = place(of: number)
    for _ in 0..<Self.reach {
      let cell = unsafe words + index
      var found = unsafe cell.pointee.load(ordering: .relaxed)
      if found == 0 {
        let outcome = unsafe cell.pointee.compareExchange(expected: 0, desired: word, ordering: .relaxed)
        if outcome.exchanged { return }
        found = outcome.original
      }
      if found >> Self.minuteBits == number {
        if (minute &- found) & Self.minuteMask < resolution { return }
        // Losing to another thread is losing to a use as late.
        _ = unsafe cell.pointee.compareExchange(expected: found, desired: word, ordering: .relaxed)
        return
      }
      index = (index + 1) & (1 << Int(logCount) - 1)
    }
  }

  /// What is remembered, in the order of the tokens, each once with its latest use. It stays until ``forget(_:)``.
  ///
  /// - Parameter now: the present, which tells which of the minutes that a word can stand for is meant.
  package func uses(at now: Milliseconds) -> [LastUse] {
    var uses: [LastUse] = []
    for index in 0..<1 << Int(logCount) {
      let word = unsafe words[index].load(ordering: .relaxed)
      if word != 0 { uses.append(Self.use(word, at: now)) }
    }
    uses.sort { ($0.token.rawValue, $1.minute) < ($1.token.rawValue, $0.minute) }
    var newest: [LastUse] = []
    for use in uses where newest.last?.token != use.token { newest.append(use) }
    return newest
  }

  /// The latest use of a token that is remembered; nil if none is.
  package func use(of token: TokenID, at now: Milliseconds) -> LastUse? {
    var newest: LastUse?
    var index = place(of: token.rawValue)
    for _ in 0..<Self.reach {
      // A reader that finds it forgotten finds it written down.
      let word = unsafe words[index].load(ordering: .acquiring)
      if word != 0, word >> Self.minuteBits == token.rawValue {
        let use = Self.use(word, at: now)
        if use.minute > newest?.minute ?? .min { newest = use }
      }
      index = (index + 1) & (1 << Int(logCount) - 1)
    }
    return newest
  }

  /// Forgets uses that were written down, unless the token was used again since.
  package func forget(_ uses: some Sequence<LastUse>) {
    for use in uses {
      let number = use.token.rawValue
      let word = number << Self.minuteBits | UInt64(bitPattern: use.minute) & Self.minuteMask
      var index = place(of: number)
      for _ in 0..<Self.reach {
        _ = unsafe words[index].compareExchange(expected: word, desired: 0, ordering: .releasing)
        index = (index + 1) & (1 << Int(logCount) - 1)
      }
    }
  }

  private static func use(_ word: UInt64, at now: Milliseconds) -> LastUse {
    let present = max(now, 0) / 60_000
    let age = (UInt64(bitPattern: present) &- word) & minuteMask
    // Half the range and more is a use that the clock, set back since, says is still to come.
    let isAhead = age > minuteMask >> 1
    let minute = isAhead ? present + Int64(minuteMask + 1 - age) : present - Int64(age)
    return LastUse(token: TokenID(rawValue: word >> minuteBits), minute: minute)
  }
}
