import CredentialLedger
import Testing

@testable import MessageStore

/// Rows of messages, which outlive the program that wrote them.
@Suite struct MessageRowTests {
  /// A row of the first layout: reference, group 7, author 1, connector 5, grant 6, the moment 1,000, no reply, to members, a person,
  /// and a text.
  private static let first: [UInt8] = {
    var bytes: [UInt8] = [1]
    bytes += [UInt8](repeating: 9, count: 16)
    for number: UInt64 in [7, 1, 5, 6, 1_000] { bytes += number.bigEndianBytes }
    bytes += [0, 0]
    bytes += [UInt8](repeating: 8, count: 16)
    bytes += [1, 2, 3]
    return bytes
  }()

  @Test("A row of the first layout is read, and written in the newest with a position of the ledger") func rowFirst()
    throws
  {
    var row = try #require(MessageRow(Self.first))
    #expect(row.group == 7 && row.author == 1 && row.connector == 5 && row.grant == 6 && row.postedAt == 1_000)
    #expect(row.ledgerPosition == 0 && row.audience == .members && row.replyTo == nil)
    #expect(MessageRow.postedAt(of: Self.first) == 1_000)
    row.ledgerPosition = 41
    let again = try #require(MessageRow(row.bytes))
    #expect(again.bytes == row.bytes && again.ledgerPosition == 41 && again.postedAt == 1_000)
    #expect(MessageRow.postedAt(of: row.bytes) == 1_000)
  }

  @Test("A row of a layout that is not known, or cut off, is none") func rowLayout() {
    #expect(MessageRow([3] + Self.first.dropFirst()) == nil)
    #expect(MessageRow.postedAt(of: [3] + Self.first.dropFirst()) == nil)
    for count in 0..<75 { #expect(MessageRow(Array(Self.first.prefix(count))) == nil, "\(count)") }
  }
}
