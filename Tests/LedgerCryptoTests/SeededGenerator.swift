import Glibc

/// A generator for property tests (SplitMix64). Its seed is drawn anew for each run, unless `CREDLEDGER_SEED` gives
/// one; tests print it with a failure.
struct SeededGenerator: RandomNumberGenerator {
  let seed: UInt64
  private var state: UInt64

  init() {
    let given = unsafe getenv("CREDLEDGER_SEED").flatMap { unsafe UInt64(String(cString: $0)) }
    seed = given ?? UInt64.random(in: .min ... .max)
    state = seed
  }

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
    return mixed ^ (mixed >> 31)
  }

  mutating func bytes(count: Int) -> [UInt8] {
    (0..<count).map { _ in UInt8.random(in: .min ... .max, using: &self) }
  }
}
