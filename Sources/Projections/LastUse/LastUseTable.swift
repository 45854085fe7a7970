import EventLog
import LMDB
package import LedgerEvents

/// When tokens were last used: beside the projections, as no event says it.
///
/// Four bytes for each position of the log, 64 positions a row, in the order of the log: tokens that are in use at one
/// time were mostly issued around one time, so what is written together lies together. Grants and connectors have theirs at
/// the positions of the events that made them.
struct LastUseTable: Sendable {
  let blocks: Table<PositionKey, LastUseBlock>

  /// Opens the table, creating it if it is missing.
  init(in transaction: inout WriteTransaction, of environment: Environment) throws(LogError) {
    do throws(LMDBError) { blocks = try environment.openTable(.init("last_uses"), in: &transaction) } catch {
      throw LogError(error)
    }
  }

  /// Opens the table in an environment that is only read; nil where no program that has it wrote there yet.
  init?(reading environment: Environment) throws(LogError) {
    do throws(LMDBError) { blocks = try environment.openTable(.init("last_uses")) } catch {
      guard error.code == .noSuchTable else { throw LogError(error) }
      return nil
    }
  }

  /// Writes uses that are later than those known.
  ///
  /// - Parameter uses: in the order of the tokens.
  func write(_ uses: ArraySlice<LastUse>, in transaction: inout WriteTransaction) throws(LogError) {
    var rest = uses
    while let first = rest.first {
      let number = first.token.rawValue / LastUseBlock.size
      let end = rest.firstIndex { $0.token.rawValue / LastUseBlock.size != number } ?? rest.endIndex
      try stored { () throws(LMDBError) in
        var block = try blocks.get(number, in: transaction) ?? LastUseBlock()
        for use in rest[..<end] { block.note(use) }
        try blocks.put(number, block, in: &transaction)
      }
      rest = rest[end...]
    }
  }

  /// The minute of a token's last use; nil if none is known.
  func minute(
    of token: TokenID, in transaction: borrowing some Transaction & ~Copyable
  ) throws(LogError) -> Int64? {
    try stored { () throws(LMDBError) in
      try blocks.get(token.rawValue / LastUseBlock.size, in: transaction)?.minute(of: token)
    }
  }
}

/// That a token was used.
package struct LastUse: Sendable, Equatable {
  package var token: TokenID
  /// Whole minutes since the Unix epoch.
  package var minute: Int64

  package init(token: TokenID, minute: Int64) {
    self.token = token
    self.minute = minute
  }
}

/// The last uses of the tokens at 64 positions. Minutes in 32 bits last until the year 10136.
struct LastUseBlock: ValueCodec, Sendable {
  typealias Value = Self

  static let size: UInt64 = 64

  private var minutes = InlineArray<64, UInt32>(repeating: 0)

  mutating func note(_ use: LastUse) {
    let index = Int(use.token.rawValue % Self.size)
    minutes[index] = max(minutes[index], UInt32(clamping: use.minute))
  }

  func minute(of token: TokenID) -> Int64? {
    let minute = minutes[Int(token.rawValue % Self.size)]
    return minute == 0 ? nil : Int64(minute)
  }

  static func byteCount(of value: Self) -> Int { 256 }

  static func encode(_ value: Self, into output: inout OutputRawSpan) {
    for index in value.minutes.indices { output.append(littleEndian: value.minutes[index]) }
  }

  static func decode(_ bytes: RawSpan) -> Self? {
    guard bytes.byteCount == 256 else { return nil }
    var block = Self()
    for index in block.minutes.indices {
      block.minutes[index] = bytes.load(littleEndian: UInt32.self, at: 4 * index)
    }
    return block
  }
}
