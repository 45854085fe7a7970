import Glibc

/// SplitMix64 (Steele, Lea and Flood 2014): a new sequence each run, or the one whose seed is in `CREDLEDGER_SEED`.
struct SeededRandom: RandomNumberGenerator {
  let seed: UInt64
  private var state: UInt64

  init() {
    let given = unsafe getenv("CREDLEDGER_SEED").flatMap { unsafe UInt64(String(cString: $0)) }
    seed = given ?? UInt64.random(in: 0 ... .max)
    state = seed
  }

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var word = state
    word = (word ^ (word >> 30)) &* 0xBF58_476D_1CE4_E5B9
    word = (word ^ (word >> 27)) &* 0x94D0_49BB_1331_11EB
    return word ^ (word >> 31)
  }

  /// A number from 0 to `limit` - 1.
  mutating func below(_ limit: Int) -> Int { Int.random(in: 0..<limit, using: &self) }
}
