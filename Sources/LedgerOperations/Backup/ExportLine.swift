import EventLog
import LedgerCrypto
import LedgerEvents
import Projections

/// The lines of an export: one JSON object each, described by `Schemas/files/export-line.schema.json`.
///
/// The first names the ledger, then comes one for each event, and the last says what they were. Each ends with a sum over
/// the line, so that a line that was changed is told apart from one that was not. An event's line carries its record as the
/// log stores it; everything before `event` can be made from the record, and is compared with it.
enum ExportLine {
  static let format = "credledger-export/1"
  /// The most bytes a line has: a record in base 64, and the same fields once more in words.
  static let limit = 1 << 20
  private static let sumMember = Array(#","sum":""#.utf8)
  /// Sums are the first 16 bytes of SHA-256, as hexadecimal digits.
  private static let sumDigits = 32

  // MARK: Writing

  static func first(origin: String, createdAt: Timestamp, verifierKeys: [String]) -> [UInt8] {
    sealed(
      JSON.object([
        ("format", .string(format)), ("origin", .string(origin)), ("createdAt", .string("\(createdAt)")),
        ("verifierKeys", .array(verifierKeys.map { .string($0) })),
      ]))
  }

  static func event(_ record: Record) throws(LedgerError) -> [UInt8] {
    let beginning = try beginning(record)
    let event = try logged { () throws(LogError) in try record.event }
    do throws(EventCodingError) { return sealed(beginning + (try event.payloadJSON())) } catch {
      throw LedgerError(.damaged, error.reason, position: Position(record.header.position))
    }
  }

  static func last(events: UInt64, root: Digest, checkpoint: String) -> [UInt8] {
    sealed(
      JSON.object([
        ("events", .number(events)), ("root", .string(root.hex)), ("checkpoint", .string(checkpoint)),
      ]))
  }

  /// What stands in an event's line before the event in words.
  private static func beginning(_ record: Record) throws(LedgerError) -> [UInt8] {
    let header = record.header
    guard let type = EventType(rawValue: header.type).name, let actor = Subject(header.actor) else {
      throw LedgerError(
        .damaged, "the event is of a kind that is not known; upgrade the program", position: Position(header.position))
    }
    var text =
      #"{"position":\#(header.position),"time":"\#(Timestamp(milliseconds: header.recordedAt))","type":"\#(type)""#
    text += #","version":\#(header.version),"actor":"\#(actor)","subjects":["#
    for index in 0..<header.subjects.count {
      guard let subject = Subject(header.subjects[index]) else {
        throw LedgerError(
          .damaged, "a kind of subject is not known; upgrade the program", position: Position(header.position))
      }
      text += index == 0 ? #""\#(subject)""# : #","\#(subject)""#
    }
    text += "]"
    if !record.requestID.isEmpty {
      text += #","requestID":"#
      JSON.write(String(decoding: record.requestID, as: UTF8.self), to: &text)
    }
    for (name, bytes) in [("reason", record.reason), ("ticket", record.ticket)] where !bytes.isEmpty {
      text += ",\"\(name)\":"
      JSON.write(String(decoding: bytes, as: UTF8.self), to: &text)
    }
    text +=
      #","leafHash":"\#(SHA256.hash(prefix: 0, record.bytes).hex)","record":"\#(Base64.encode(record.bytes))","event":"#
    return Array(text.utf8)
  }

  private static func sealed(_ value: JSON) -> [UInt8] { sealed(Array(value.text().utf8.dropLast())) }

  /// Ends a line, whose closing brace is missing.
  static func sealed(_ open: [UInt8]) -> [UInt8] {
    open + sumMember + sum(open[...]) + Array("\"}\n".utf8)
  }

  private static func sum(_ open: ArraySlice<UInt8>) -> [UInt8] {
    Array(SHA256.hash(Array(open)).hex.utf8.prefix(sumDigits))
  }

  // MARK: Reading

  /// What a line without its line feed says, if its sum is right.
  static func opened(_ line: [UInt8]) throws(ExportFault) -> ArraySlice<UInt8> {
    let ending = sumMember.count + sumDigits + 2
    guard line.count > ending else { throw ExportFault("it is no line of an export") }
    let open = line[..<(line.count - ending)]
    guard Array(line[open.endIndex...]) == sumMember + sum(open) + Array("\"}".utf8) else {
      throw ExportFault("it was changed, or cut: its sum is another")
    }
    return open
  }

  /// The record of an event's line; nil where the line carries none.
  static func record(_ open: ArraySlice<UInt8>, at position: UInt64) throws(ExportFault) -> Record? {
    // Quotes within a string are escaped, so this stands nowhere else before the record.
    let member = Array(#","record":""#.utf8)
    let first = Array(#"{"position":"#.utf8)
    guard open.starts(with: first) else { return nil }
    let digits = open.dropFirst(first.count).prefix { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
    if let named = UInt64(String(decoding: digits, as: UTF8.self)), named != position {
      throw ExportFault("it is position \(named), expected \(position): a line is missing, there twice or out of order")
    }
    var place = open.startIndex
    while !open[place...].starts(with: member) {
      guard let comma = open[(place + 1)...].firstIndex(of: UInt8(ascii: ",")) else {
        throw ExportFault("it has no record")
      }
      place = comma
    }
    place += member.count
    guard let end = open[place...].firstIndex(of: UInt8(ascii: "\"")),
      let bytes = Base64.decode(utf8: open[place..<end])
    else { throw ExportFault("its record is not in base 64") }
    let record: Record
    let expected: [UInt8]
    do throws(LedgerError) {
      record = try logged { () throws(LogError) in try Record(bytes, at: position) }
      expected = try beginning(record)
    } catch { throw ExportFault("its record is not that of position \(position): \(error.reason)") }
    guard open.starts(with: expected) else { throw ExportFault("what it says is not what its record holds") }
    return record
  }
}

/// What is wrong with a line.
struct ExportFault: Error {
  let reason: String
  init(_ reason: String) { self.reason = reason }
}
