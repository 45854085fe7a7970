import Glibc

/// The seed of a test's random choices: what `CREDLEDGER_SEED` says, or one drawn for this run. Printed once, so that a
/// failure can be repeated.
public let testSeed: UInt64 = {
  let given = unsafe getenv("CREDLEDGER_SEED").flatMap { unsafe UInt64(String(cString: $0)) }
  let seed = given ?? UInt64.random(in: 0...UInt64.max)
  print("CREDLEDGER_SEED=\(seed) repeats the random choices of this run")
  return seed
}()

/// SplitMix64: random choices that a seed determines.
public struct SeededRandom: RandomNumberGenerator, Sendable {
  /// To be printed with a failure.
  public let seed: UInt64
  private var state: UInt64

  /// - Parameter stream: keeps the choices of different tests apart.
  public init(stream: UInt64 = 0, seed: UInt64 = testSeed) {
    self.seed = seed
    state = seed &+ stream &* 0xA076_1D64_78BD_642F
  }

  public mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var word = state
    word = (word ^ (word >> 30)) &* 0xBF58_476D_1CE4_E5B9
    word = (word ^ (word >> 27)) &* 0x94D0_49BB_1331_11EB
    return word ^ (word >> 31)
  }

  /// A number from 0 to `limit` - 1.
  public mutating func below(_ limit: Int) -> Int { Int.random(in: 0..<limit, using: &self) }

  /// So many random bytes.
  public mutating func bytes(count: Int) -> [UInt8] {
    (0..<count).map { _ in UInt8.random(in: .min ... .max, using: &self) }
  }

  /// Random bytes, at random as many as the range says.
  public mutating func bytes(_ count: ClosedRange<Int>) -> [UInt8] { bytes(count: Int.random(in: count, using: &self)) }
}
