import LMDB
import Testing

@testable import EventLog

@Suite("Record format")
struct RecordFormatTests {
  private let draft: RecordDraft = {
    var subjects = LogSubjects()
    subjects.append(LogSubject(kind: 2, number: 5))
    return RecordDraft(
      type: 0x0102, version: 3,
      context: RecordContext(
        actor: LogSubject(kind: 1, number: 300), requestID: Array("r1".utf8), address: [9, 8]),
      subjects: subjects, payload: [0xAA, 0xBB])
  }()

  private func bytes(_ draft: RecordDraft, at position: PositionNumber = 7, time: Milliseconds = 1_000) -> [UInt8] {
    let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: draft.byteCount, alignment: 1)
    defer { unsafe buffer.deallocate() }
    var output = unsafe OutputRawSpan(buffer: buffer, initializedCount: 0)
    draft.encode(at: position, recordedAt: time, into: &output)
    let count = unsafe output.finalize(for: buffer)
    return unsafe Array(buffer[..<count])
  }

  @Test("a record's bytes are what they always were")
  func golden() throws {
    let expected: [UInt8] =
      [1, 3, 2, 1, 7, 0, 0, 0, 0, 0, 0, 0, 0xE8, 3, 0, 0, 0, 0, 0, 0, 3, 1, 1, 0xAC, 2, 2, 5, 2, 0x72, 0x31, 2, 9, 8]
      + [0xAA, 0xBB]
    #expect(bytes(draft) == expected)
    try expectRead(expected)
  }

  @Test("a record with the digests that earlier versions wrote is read the same")
  func withDigests() throws {
    try expectRead(
      [1, 3, 2, 1, 7, 0, 0, 0, 0, 0, 0, 0, 0xE8, 3, 0, 0, 0, 0, 0, 0, 7, 1, 1, 0xAC, 2, 2, 5, 2, 0x72, 0x31, 2, 9, 8]
        + [UInt8](repeating: 1, count: 16) + [UInt8](repeating: 2, count: 16) + [0xAA, 0xBB])
  }

  /// The draft with a reason and a ticket.
  private var reasoned: RecordDraft {
    var draft = draft
    draft.context.reason = Array("left".utf8)
    draft.context.ticket = Array("HR-77".utf8)
    return draft
  }

  @Test("a record with a reason and a ticket is of format 2, and its bytes are what they always were")
  func goldenOfFormat2() throws {
    let expected: [UInt8] =
      [2, 3, 2, 1, 7, 0, 0, 0, 0, 0, 0, 0, 0xE8, 3, 0, 0, 0, 0, 0, 0, 27, 1, 1, 0xAC, 2, 2, 5, 2, 0x72, 0x31, 2, 9, 8]
      + [4, 0] + Array("left".utf8) + [5] + Array("HR-77".utf8) + [0xAA, 0xBB]
    #expect(bytes(reasoned) == expected)
    try expectRead(expected)
    let record = try Record(expected, at: 7)
    #expect(String(decoding: record.reason, as: UTF8.self) == "left")
    #expect(String(decoding: record.ticket, as: UTF8.self) == "HR-77")
  }

  @Test("flags of one format are damage in the other, so that each record has one encoding")
  func flagsOfTheOtherFormat() {
    var sound = bytes(draft)
    sound[0] = 2
    #expect(throws: LogError(.damagedRecord, "", at: 7)) { try Record(sound, at: 7) }
    sound = bytes(reasoned)
    sound[0] = 1
    #expect(throws: LogError(.damagedRecord, "", at: 7)) { try Record(sound, at: 7) }
    sound = bytes(reasoned)
    sound[20] |= 4
    #expect(throws: LogError(.damagedRecord, "", at: 7)) { try Record(sound, at: 7) }
  }

  private func expectRead(_ bytes: [UInt8]) throws {
    let record = try Record(bytes, at: 7)
    #expect(record.header.recordedAt == 1_000)
    #expect(record.header.type == 0x0102)
    #expect(record.header.version == 3)
    #expect(record.header.actor == LogSubject(kind: 1, number: 300))
    #expect(record.header.subjects.count == 1)
    #expect(record.header.subjects.contains(LogSubject(kind: 2, number: 5)))
    #expect(record.requestID == [0x72, 0x31])
    #expect(record.address == [9, 8])
    #expect(record.payload == [0xAA, 0xBB])
  }

  @Test("without anything optional a record has 24 bytes, and its payload")
  func smallest() throws {
    let draft = RecordDraft(
      type: 1, version: 1, context: RecordContext(actor: LogSubject(kind: 0, number: 0)), subjects: LogSubjects(),
      payload: [])
    #expect(bytes(draft).count == 24)
    #expect(try Record(bytes(draft), at: 7).payload.isEmpty)
  }

  private func parse(_ bytes: [UInt8]) -> Result<Record, LogError> {
    Result { () throws(LogError) in try Record(bytes, at: 7) }
  }

  @Test("every changed byte and every truncation is read within bounds, or is a typed error", arguments: [false, true])
  func damage(isReasoned: Bool) {
    let sound = bytes(isReasoned ? reasoned : draft)
    for length in 0..<sound.count {
      switch parse(Array(sound[..<length])) {
      case .success(let record):
        // Only the payload has no length of its own.
        #expect(length >= sound.count - 2)
        #expect(record.payload.endIndex == length)
      case .failure(let error): #expect(error.code == .damagedRecord, "length \(length)")
      }
    }
    for place in sound.indices {
      for value in UInt8.min ... .max where value != sound[place] {
        var changed = sound
        changed[place] = value
        switch parse(changed) {
        case .success(let record):
          for part in [record.payload, record.requestID, record.address, record.reason, record.ticket] {
            #expect(part.count <= changed.count)
          }
          #expect(!(4..<12).contains(place), "another position was accepted")
        case .failure(let error):
          let isOther = place == 0 && value != 1 && value != 2
          #expect(error.code == (isOther ? .newerFormat : .damagedRecord), "byte \(place), value \(value)")
        }
      }
    }
  }

  @Test("limits: one byte less is taken, one more is not")
  func limits() throws {
    func validity(_ change: (inout RecordDraft) -> Void) -> LogError.Code? {
      var draft = draft
      change(&draft)
      do throws(LogError) {
        try draft.validate()
        return nil
      } catch { return error.code }
    }
    let room = RecordFormat.maximumByteCount - draft.byteCount + draft.payload.count
    #expect(validity { $0.payload = [UInt8](repeating: 0, count: room) } == nil)
    #expect(validity { $0.payload = [UInt8](repeating: 0, count: room + 1) } == .tooLarge)
    #expect(validity { $0.context.requestID = [UInt8](repeating: 0, count: 64) } == nil)
    #expect(validity { $0.context.requestID = [UInt8](repeating: 0, count: 65) } == .tooLarge)
    #expect(validity { $0.context.address = [UInt8](repeating: 0, count: 255) } == nil)
    #expect(validity { $0.context.address = [UInt8](repeating: 0, count: 256) } == .tooLarge)
    #expect(validity { $0.context.reason = [UInt8](repeating: 0, count: 500) } == nil)
    #expect(validity { $0.context.reason = [UInt8](repeating: 0, count: 501) } == .tooLarge)
    #expect(validity { $0.context.ticket = [UInt8](repeating: 0, count: 100) } == nil)
    #expect(validity { $0.context.ticket = [UInt8](repeating: 0, count: 101) } == .tooLarge)
    var largest = draft
    largest.payload = [UInt8](repeating: 5, count: room)
    #expect(try Record(bytes(largest), at: 7).bytes.count == 65_535)
  }

  @Test("numbers of every length come back", arguments: 0...64)
  func numbers(bits: Int) throws {
    let number: UInt64 = bits == 0 ? 0 : .max >> UInt64(64 - bits)
    var draft = draft
    draft.context.actor.number = number
    draft.subjects.append(LogSubject(kind: 3, number: number))
    let header = try Record(bytes(draft), at: 7).header
    #expect(header.actor.number == number)
    #expect(header.subjects[1].number == number)
    #expect(bytes(draft).count == draft.byteCount)
  }
}
