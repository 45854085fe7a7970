/// A country calling code (ITU-T E.164), and what may follow it.
package struct CallingCode: Sendable {
  package let code: Int
  /// Bit n: numbers of n digits after the code are possible.
  private let lengths: UInt16
  /// Whether a number may have a 0 after the code. Elsewhere a 0 there is the one that is dialled inside the country only.
  package let keepsZero: Bool

  package init(_ code: Int, lengths: UInt16, keepsZero: Bool) {
    self.code = code
    self.lengths = lengths
    self.keepsZero = keepsZero
  }

  /// Whether digits, those of the code included, have a possible length and beginning.
  fileprivate func admits(_ digits: Substring.UTF8View, codeLength: Int) -> Bool {
    let rest = digits.dropFirst(codeLength)
    guard rest.count < 16, lengths >> UInt16(rest.count) & 1 == 1 else { return false }
    return keepsZero || rest.first != UInt8(ascii: "0")
  }

  /// Whether a number is possible: its code is assigned, and its length is one that numbers of that code have. Costs a
  /// binary search for each of the three lengths of a code, of which no two begin alike.
  ///
  /// - Parameter digits: ASCII digits, the code first.
  package static func admit(_ digits: Substring.UTF8View) -> Bool {
    var code = 0
    for (index, digit) in digits.prefix(3).enumerated() {
      code = code * 10 + Int(digit - UInt8(ascii: "0"))
      if let known = find(code) { return known.admits(digits, codeLength: index + 1) }
    }
    return false
  }

  /// Whether numbers of a code may have a 0 after it; nil for a code that is not assigned.
  package static func keepsZero(after code: Int) -> Bool? { find(code)?.keepsZero }

  private static func find(_ code: Int) -> CallingCode? {
    var (low, high) = (0, all.count)
    while low < high {
      let middle = (low + high) / 2
      if all[middle].code < code { low = middle + 1 } else { high = middle }
    }
    return low < all.count && all[low].code == code ? all[low] : nil
  }
}
