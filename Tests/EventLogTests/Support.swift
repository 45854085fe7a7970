import Glibc
import LMDB
import LedgerCrypto
import Synchronization
import Testing
import TransparencyLog

@testable import EventLog

/// A clock that a test sets.
final class TestClock: Sendable {
  private let state = Mutex<Milliseconds>(1_700_000_000_000)
  var now: Milliseconds {
    get { state.withLock { $0 } }
    set { state.withLock { $0 = newValue } }
  }
  var clock: Clock { { self.now } }
}

/// A participant for tests. An event is some bytes, its type the first of them; it counts events.
struct Tally: CommitParticipant {
  typealias Event = [UInt8]

  /// An event that fails once it is stored.
  static let poison: Event = [0xFF, 1]
  private static let key = Array("count".utf8)

  let counts: Table<BytesKey, RawBytes>

  init(_ environment: Environment, _ transaction: inout WriteTransaction) throws(LogError) {
    counts = try stored { () throws(LMDBError) in try environment.openTable(.init("tally"), in: &transaction) }
  }

  init(reading environment: Environment) throws(LogError) {
    counts = try stored { () throws(LMDBError) in try environment.openTable(.init("tally")) }
  }

  func encode(_ event: Event) throws(LogError) -> EncodedEvent {
    guard let first = event.first else { throw LogError(.unreadableEvent, "an event without bytes") }
    var subjects = LogSubjects()
    subjects.append(LogSubject(kind: 2, number: UInt64(first)))
    return EncodedEvent(type: UInt16(first), version: 1, subjects: subjects, payload: event)
  }

  func decode(_ record: Record) throws(LogError) -> Event { Array(record.payload) }

  func apply(_ event: Event, _ header: RecordHeader, in transaction: inout WriteTransaction) throws(LogError) {
    if event == Self.poison { throw LogError(.damagedProjection, "a poisoned event") }
    let count = try count(in: transaction) + 1
    try stored { () throws(LMDBError) in
      try counts.put(Self.key, (0..<8).map { UInt8(truncatingIfNeeded: count >> (8 * $0)) }, in: &transaction)
    }
  }

  func finish(at head: PositionNumber, in transaction: inout WriteTransaction) throws(LogError) {}

  /// How many events were applied.
  func count(in transaction: borrowing some Transaction & ~Copyable) throws(LogError) -> UInt64 {
    let bytes = try stored { () throws(LMDBError) in try counts.get(Self.key, in: transaction) } ?? []
    return bytes.reversed().reduce(0) { $0 << 8 | UInt64($1) }
  }
}

typealias TestLog = EventLog<Tally>

let testOrigin = "log.example.org"

/// Signs checkpoints by a fixed key.
func signing() throws -> CheckpointSigning {
  let key = try Ed25519.SigningKey(seed: Secret(copying: [UInt8](repeating: 7, count: 32)))
  let signer = try Ed25519NoteSigner(name: testOrigin, key: key)
  return { (size, root) throws(LogError) in
    do throws(TransparencyError) {
      let checkpoint = try Checkpoint(origin: testOrigin, size: size, root: root)
      return String(decoding: try SignedNote(text: checkpoint.noteText, signedBy: signer).bytes, as: UTF8.self)
    } catch { throw LogError(.keyUnavailable, error.description) }
  }
}

/// Reads checkpoints, whoever signed them.
let unsignedReading: CheckpointReading = { (note) throws(LogError) in
  do throws(TransparencyError) {
    return try Checkpoint(noteText: SignedNote(decoding: Array(note.utf8)).text)
  } catch { throw LogError(.inconsistentTree, error.reason) }
}

/// Never by itself: only when asked, and at closing.
let neverByItself = CheckpointPolicy(events: .max, interval: .max)

func configuration(
  clock: TestClock = TestClock(), _ change: (inout LogWriter<Tally>.Configuration) -> Void = { _ in }
) throws -> LogWriter<Tally>.Configuration {
  var configuration = LogWriter<Tally>.Configuration(
    checkpoints: neverByItself, clock: LedgerClock(clock.clock), sign: try signing(), read: unsignedReading)
  change(&configuration)
  return configuration
}

func createLog(_ path: String) throws {
  try TestLog.create(at: path, origin: testOrigin, options: .init(mapSize: 64 << 20))
}

func openLog(_ path: String, _ configuration: LogWriter<Tally>.Configuration) throws -> TestLog {
  try TestLog.open(
    at: path, options: .init(mapSize: 64 << 20),
    participant: { (environment, transaction) throws(LogError) in try Tally(environment, &transaction) },
    configure: { _ throws(LogError) in configuration })
}

/// What a test's decision refuses with.
struct No: Error, Equatable {
  var reason = ""
}

let testActor = RecordContext(actor: LogSubject(kind: 1, number: 9))

extension EventLog where Participant == Tally {
  /// Appends events, without a condition unless given.
  @discardableResult
  func append(
    _ events: [UInt8]..., options: AppendOptions = AppendOptions(), once: LogWriter<Tally>.Once<No>? = nil
  ) async throws -> Committed<[UInt8]> {
    guard let writer else { throw LogError(.closed, "open for reading only") }
    return try await writer.append(options, once: once) { (_, _) throws(AppendFailure<No>) in
      AppendProposal(events, testActor)
    }
  }

  /// Appends `count` events, in as few commits as there may be.
  func fill(_ count: Int) async throws {
    var rest = count
    while rest > 0 {
      let events = (0..<min(rest, 255)).map { [UInt8($0 & 0x3F), UInt8(truncatingIfNeeded: rest)] }
      guard let writer else { return }
      _ = try await writer.append { (_, _) throws(AppendFailure<No>) in AppendProposal(events, testActor) }
      rest -= events.count
    }
  }

  /// The payloads of all records.
  func payloads() throws -> [[UInt8]] {
    try snapshot().records(from: 1, limit: .max, byteLimit: .max).map { Array($0.payload) }
  }

  /// How many rows the tables of idempotency keys have.
  func idempotencyRows() throws -> (keys: Int, ages: Int) {
    let view = try snapshot()
    return (
      try view.tables.idempotency.count(in: view.transaction),
      try view.tables.idempotencyAges.count(in: view.transaction)
    )
  }
}

/// A request with an idempotency key: another one under the key is refused.
func once(_ key: UInt8, request: UInt8 = 0) -> LogWriter<Tally>.Once<No> {
  let key = unsafe IdempotencyKey(
    key: InlineBytes16(prefixOf: [UInt8](repeating: key, count: 16).span.bytes), memo: [request])
  return LogWriter.Once(key) { (_, _, memo) throws(AppendFailure<No>) in
    guard memo == [request] else { throw .log(LogError(.idempotencyKeyReused, "another request")) }
  }
}

/// The error of the log in what an append throws.
func logError(_ body: () async throws -> Void) async -> LogError.Code? {
  do {
    try await body()
    return nil
  } catch AppendFailure<No>.log(let error) {
    return error.code
  } catch let error as LogError {
    return error.code
  } catch { return nil }
}
