import Foundation
import Testing

@testable import LedgerEvents

/// A position of the log is a type of its own: neither a count nor the number of anything else.
@Suite struct PositionTests {
  @Test("What lies beyond the greatest number, or below 0, stays there") func liesBeyond() {
    #expect(Position(7).next == 8 && Position(7) + 3 == 10 && Position(7) - 3 == 4)
    #expect(Position.max.next == .max && Position.max + 1 == .max && Position(5) + .max == .max)
    #expect(Position(0) - 1 == 0 && Position(5) - 6 == 0)
  }

  @Test("Distances and leaf indices count events") func distancesLeaf() {
    #expect(Position(9).distance(from: 4) == 5 && Position(4).distance(from: 9) == 0)
    #expect(Position.max.distance(from: 0) == .max)
    #expect(Position(1).leafIndex == 0 && Position.max.leafIndex == .max - 1 && Position(0).leafIndex == nil)
    #expect(Array(Position(3)...5) == [3, 4, 5] && (Position(1)...Position.max).contains(.max))
  }

  @Test("Its text and its JSON are the number alone") func textJSON() throws {
    for number in [0, 1, 1_000, UInt64.max] {
      #expect("\(Position(number))" == "\(number)" && Position("\(number)") == Position(number))
      let json = try JSONEncoder().encode([Position(number)])
      #expect(String(decoding: json, as: UTF8.self) == "[\(number)]")
      #expect(try JSONDecoder().decode([Position].self, from: json) == [Position(number)])
    }
    for text in ["", "-1", "x", "1 ", "18446744073709551616"] { #expect(Position(text) == nil, "\(text)") }
    #expect(throws: DecodingError.self) { try JSONDecoder().decode([Position].self, from: Data("[-1]".utf8)) }
  }

  @Test("It is the number of the object that its event made") func numberObject() {
    #expect(GrantID(madeAt: 12) == GrantID(rawValue: 12) && GrantID(rawValue: 12).position == 12)
  }
}
