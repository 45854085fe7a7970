import LedgerCrypto

/// The definitions of RFC 6962, sections 2.1, 2.1.1 and 2.1.2, word for word: the model everything is compared with.
/// It shares no code with the library except SHA-256, and remembers the hashes it has computed.
final class RecursiveModel {
  let leaves: [Digest]
  private var known: [Range<Int>: Digest] = [:]

  init(leaves: [Digest]) { self.leaves = leaves }

  /// MTH of D[range].
  func root(_ range: Range<Int>) -> Digest {
    if range.isEmpty { return SHA256.hash([]) }
    if range.count == 1 { return leaves[range.lowerBound] }
    if let root = known[range] { return root }
    let middle = range.lowerBound + largestPowerOfTwo(below: range.count)
    let root = SHA256.hash(
      [1] + self.root(range.lowerBound..<middle).bytes + self.root(middle..<range.upperBound).bytes)
    known[range] = root
    return root
  }

  /// PATH(m, D[n]).
  func path(_ leaf: Int, _ size: Int) -> [Digest] { path(leaf, 0..<size) }

  private func path(_ leaf: Int, _ range: Range<Int>) -> [Digest] {
    if range.count == 1 { return [] }
    let k = largestPowerOfTwo(below: range.count)
    let left = range.lowerBound..<(range.lowerBound + k)
    let right = (range.lowerBound + k)..<range.upperBound
    return leaf < k ? path(leaf, left) + [root(right)] : path(leaf - k, right) + [root(left)]
  }

  /// PROOF(m, D[n]).
  func proof(_ old: Int, _ new: Int) -> [Digest] { subproof(old, 0..<new, true) }

  private func subproof(_ old: Int, _ range: Range<Int>, _ complete: Bool) -> [Digest] {
    if old == range.count { return complete ? [] : [root(range)] }
    let k = largestPowerOfTwo(below: range.count)
    let left = range.lowerBound..<(range.lowerBound + k)
    let right = (range.lowerBound + k)..<range.upperBound
    return old <= k
      ? subproof(old, left, complete) + [root(right)]
      : subproof(old - k, right, false) + [root(left)]
  }

  private func largestPowerOfTwo(below count: Int) -> Int {
    var power = 1
    while power * 2 < count { power *= 2 }
    return power
  }
}
