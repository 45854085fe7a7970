public import CredentialLedger
import EventLog
import KeyStore
import LMDB
import Synchronization

/// The built-in backend: messages in an LMDB environment of their own, apart from the ledger, since messages are no
/// credentials and end some day.
///
///     FOLDER/messages/   the environment
///     FOLDER/keys/       a key for each author, under which the texts are sealed; an erasure destroys it
///
/// A message is durable when ``post(_:)`` returns. Texts can be read only with both folders, which are to be backed up apart.
public final class MessageStore: MessagingBackend, FeedPositions {
  private let environment: Environment
  let keys: KeyStore
  let tables: MessageTables
  private let requests: RequestTables
  private let threads: ReaderThreads
  let writer: StoreWriter
  private let clock: @Sendable () -> Int64

  public var capabilities: MessagingCapabilities { [.replies, .someSubscribers, .retention, .appliesGroupChanges] }

  /// Opens the store in a folder; makes what is missing.
  ///
  /// - Parameters:
  ///   - path: the folder; the folder above must exist.
  ///   - origin: the ledger's name, for which the keys are.
  ///   - master: where the master key is that the authors' keys are sealed under.
  ///   - mapSize: the first size of the map, in bytes; it grows by itself.
  ///   - clock: milliseconds since 1970. Where webhooks are told of messages it is best the time of the ledger, by which it is
  ///     known which of the two came first.
  /// - Throws: `unavailable` where another process has it open; `failed` for a damaged one, and for a wrong master key.
  public init(
    at path: String, origin: String, master: MasterKey.Source, mapSize: Int = 1 << 30,
    clock: @escaping @Sendable () -> Int64 = { LedgerConfiguration.systemClock() }
  ) throws(MessagingError) {
    self.clock = clock
    do throws(LedgerError) { _ = try Folder.create(path) } catch { throw MessagingError(.failed, error.reason) }
    do throws(LMDBError) {
      environment = try Environment(at: path + "/messages", options: .init(mapSize: mapSize, maximumTables: 8))
      tables = try MessageTables(in: environment)
      requests = try RequestTables(in: environment)
    } catch {
      throw MessagingError(
        error.code == .alreadyOpen || error.code == .lockedByAnotherProcess ? .unavailable : .failed, error.reason)
    }
    do throws(KeyStoreError) {
      let folder = path + "/keys"
      if Folder.exists(folder + "/keyring") {
        keys = try KeyStore.open(at: folder, origin: origin, master: master)
      } else {
        keys = try KeyStore.create(at: folder, origin: origin, master: master, createdAt: clock())
      }
    } catch { throw MessagingError(.failed, error.reason) }
    threads = ReaderThreads(.init(threads: 2))
    writer = StoreWriter(environment, threads)
  }

  /// Closes the store; what was posted is durable already.
  public func close() async {
    writer.close()
    threads.stop()
    environment.close()
    keys.close()
  }

  public func post(_ message: NewMessage) async throws(MessagingError) -> Message {
    guard case .new(let posted) = try await post(message, for: nil) else {
      throw MessagingError(.failed, "the message was not written")
    }
    return posted
  }

  public func post(_ message: NewMessage, once request: RepeatableRequest) async throws(MessagingError) -> PostedOnce {
    switch try await post(message, for: request) {
    case .new(let posted): PostedOnce(reference: posted.reference, answer: request.answer)
    case .earlier(let earlier): earlier
    }
  }

  public func earlier(_ request: RepeatableRequest) async throws(MessagingError) -> PostedOnce? {
    let (requests, now) = (requests, clock())
    let found = try await reading { (_, keys) throws(LMDBError) -> Result<PostedOnce, MessagingError>? in
      let read = try self.environment.beginRead()
      do throws(KeyStoreError) { return try requests.earlier(request, at: now, keys, in: read) } catch {
        guard error.code == .personMissing else {
          throw LMDBError(.damagedRow, "look up a request", "a request cannot be opened: \(error.reason)")
        }
        return .failure(.authorErased)
      }
    }
    return try found?.get()
  }

  /// What came of a request to post.
  private enum Posted: Sendable {
    case new(Message)
    case earlier(PostedOnce)
  }

  private func post(
    _ message: NewMessage, for request: RepeatableRequest?
  ) async throws(MessagingError) -> Posted {
    let text = try message.checkedText()
    let reference: PublicID
    do { reference = try PublicID(random: SystemRandom()) } catch {
      throw MessagingError(.unavailable, "the system has no randomness to give")
    }
    let posted = Mutex<Result<Posted, MessagingError>?>(nil)
    let (tables, requests, keys, now) = (tables, requests, keys, clock())
    try await writer.write { (transaction) throws(LMDBError) in
      if let request {
        let earlier: Result<PostedOnce, MessagingError>?
        do throws(KeyStoreError) { earlier = try requests.earlier(request, at: now, keys, in: transaction) } catch {
          guard error.code == .personMissing else { throw Self.keyFailed(error) }
          return posted.withLock { $0 = .failure(.authorErased) }
        }
        if let earlier { return posted.withLock { $0 = earlier.map(Posted.earlier) } }
      }
      let last = try tables.messages.last(in: transaction)
      let number = (last?.key ?? 0) + 1
      let before = try last.map { (row) throws(LMDBError) in try MessageTables.postedAt(row.value, row.key) }
      if let refusal = try Self.refusalOfReply(message, tables, in: transaction) {
        return posted.withLock { $0 = .failure(refusal) }
      }
      let sealed: SealedValue
      do throws(KeyStoreError) {
        let person = try Self.person(of: message.author, tables, keys, in: &transaction)
        sealed = try keys.vault.seal(
          Array(text.utf8), for: person, purpose: .messageText, in: number.bigEndianBytes)
      } catch {
        // An erased author posts nothing; the rest of the batch is written.
        guard error.code == .personMissing else { throw Self.keyFailed(error) }
        posted.withLock { $0 = .failure(.authorErased) }
        return
      }
      let postedAt = max(now, before ?? now)
      let row = MessageRow(message, reference: reference, postedAt: postedAt, text: sealed)
      try tables.messages.append(number, row.bytes, in: &transaction)
      try tables.groups.put(MessageTables.key(row.group, number), [], in: &transaction)
      try tables.references.put(reference.bytes, number.bigEndianBytes, in: &transaction)
      if let request {
        do throws(KeyStoreError) {
          try requests.keep(request, reference, at: now, for: sealed.person, keys, in: &transaction)
        } catch { throw Self.keyFailed(error) }
      }
      posted.withLock { $0 = .success(.new(Message(row, number: number, text: text))) }
    }
    guard let outcome = posted.withLock({ $0 }) else { throw MessagingError(.failed, "the message was not written") }
    return try outcome.get()
  }

  /// The refusal of a reply to anything but a message of the same group; nil for other messages.
  private static func refusalOfReply(
    _ message: NewMessage, _ tables: MessageTables, in transaction: borrowing WriteTransaction
  ) throws(LMDBError) -> MessagingError? {
    guard let replied = message.replyTo else { return nil }
    if let reference = try tables.references.get(replied.bytes, in: transaction) {
      let number = reference.reduce(0 as UInt64) { $0 << 8 | UInt64($1) }
      let row = try tables.row(number, in: transaction)
      if row?.group == message.group.rawValue { return nil }
    }
    return MessagingError(
      .notFound, "replyToReferenceId: expected the reference of a message of the group", field: "replyToReferenceId")
  }

  /// The key of an author, which is made with the first message.
  private static func person(
    of author: AccountID, _ tables: MessageTables, _ keys: KeyStore, in transaction: inout WriteTransaction
  ) throws(KeyStoreError) -> PersonID {
    let author = author.rawValue.bigEndianBytes
    if let known = try stored({ () throws(LMDBError) in try tables.authors.get(author, in: transaction) }),
      let person = PersonID(bytes: known)
    {
      return person
    }
    let person = try drawn()
    try keys.persons.add([person])
    try stored { () throws(LMDBError) in try tables.authors.put(author, person.bytes, in: &transaction) }
    return person
  }

  public func history(of group: GroupID, _ range: MessageRange) async throws(MessagingError) -> [Message] {
    guard (1...MessageRange.pageLimit).contains(range.limit) else {
      throw MessagingError(.invalid, "count: expected 1 to \(MessageRange.pageLimit)", field: "count")
    }
    return try await reading { (tables, keys) throws(LMDBError) in
      let read = try self.environment.beginRead()
      var lower = range.after.map { UInt64.following($0) } ?? 1
      var upper = range.before ?? .max
      if let since = range.since { lower = max(lower, try tables.firstNumber(at: since.milliseconds, in: read)) }
      if let until = range.until { upper = min(upper, try tables.firstNumber(at: until.milliseconds, in: read)) }
      guard lower < upper else { return [] }
      var found: [Message] = []
      try tables.groups.forEach(
        from: MessageTables.key(group.rawValue, lower), below: MessageTables.key(group.rawValue, upper),
        reversed: range.newestFirst, in: read
      ) { (key, _) throws(LMDBError) in
        let number = key.suffix(8).reduce(0) { $0 << 8 | UInt64($1) }
        if let row = try tables.row(number, in: read) { found.append(try Self.message(row, number, keys)) }
        return found.count < range.limit ? .continue : .stop
      }
      return found
    }
  }

  public func messages(after number: UInt64, limit: Int) async throws(MessagingError) -> [Message] {
    try await reading { (tables, keys) throws(LMDBError) in
      let read = try self.environment.beginRead()
      var found: [Message] = []
      try tables.messages.forEach(from: UInt64.following(number), in: read) { (number, bytes) throws(LMDBError) in
        let row = try MessageTables.row(Array(copying: bytes), number)
        found.append(try Self.message(row, number, keys))
        return found.count < limit ? .continue : .stop
      }
      return found
    }
  }

  public func erase(_ author: AccountID) async throws(MessagingError) {
    let keys = keys
    let person = try await reading { (tables, _) throws(LMDBError) in
      try tables.authors.get(author.rawValue.bigEndianBytes, in: try self.environment.beginRead())
    }.flatMap { PersonID(bytes: $0) }
    let known: PersonID
    if let person {
      known = person
    } else {
      // So that nothing is posted in the name of the erased person later.
      let drawn = Mutex<PersonID?>(nil)
      let tables = tables
      try await writer.write { (transaction) throws(LMDBError) in
        let key = author.rawValue.bigEndianBytes
        let made: PersonID?
        if let known = try tables.authors.get(key, in: transaction) {
          made = PersonID(bytes: known)
        } else {
          do throws(KeyStoreError) { made = try Self.drawn() } catch {
            throw LMDBError(.other, "erase an author", "the system has no randomness to give")
          }
          if let made { try tables.authors.put(key, made.bytes, in: &transaction) }
        }
        drawn.withLock { $0 = made }
      }
      guard let made = drawn.withLock({ $0 }) else { throw MessagingError(.failed, "an author's row is damaged") }
      known = made
    }
    let failure: MessagingError?
    do throws(LogError) {
      failure = try await threads.run(.short) { () throws(LogError) -> MessagingError? in
        do throws(KeyStoreError) {
          try keys.persons.erase(known)
          return nil
        } catch { return MessagingError(.failed, error.reason) }
      }
    } catch { throw .closed }
    if let failure { throw failure }
  }

  public func prune(before moment: Timestamp, limit: Int) async throws(MessagingError) -> Int {
    let count = Mutex(0)
    let tables = tables
    try await writer.write { (transaction) throws(LMDBError) in
      var old: [(number: UInt64, row: MessageRow)] = []
      try tables.messages.forEach(in: transaction) { (number, bytes) throws(LMDBError) in
        let row = try MessageTables.row(Array(copying: bytes), number)
        guard row.postedAt < moment.milliseconds, old.count < limit else { return .stop }
        old.append((number, row))
        return .continue
      }
      // The newest stays, whose number and time the next one follows.
      let last = try tables.messages.last(in: transaction)?.key
      old.removeAll { $0.number == last }
      for (number, row) in old {
        _ = try tables.messages.delete(number, in: &transaction)
        _ = try tables.groups.delete(MessageTables.key(row.group, number), in: &transaction)
        _ = try tables.references.delete(row.reference.bytes, in: &transaction)
      }
      count.withLock { $0 = old.count }
    }
    return count.withLock { $0 }
  }

  private var positions: PositionTable {
    PositionTable(environment: environment, table: tables.cursors, threads: threads, writer: writer)
  }

  public func cursor(_ name: String) async throws(MessagingError) -> UInt64? { try await positions.position(name) }

  public func setCursor(_ name: String, to position: UInt64) async throws(MessagingError) {
    try await positions.set(name, to: position)
  }

  public func removeCursor(_ name: String) async throws(MessagingError) { try await positions.remove(name) }

  public func cursors(beginning prefix: String) async throws(MessagingError) -> [(name: String, position: UInt64)] {
    try await positions.positions(beginning: prefix)
  }

  /// Copies the messages into a new folder, and the keys into another, while messages are posted.
  ///
  /// - Parameters:
  ///   - messages: must not exist; the folder above must.
  ///   - keys: the same. Keep it apart, or erasure means nothing.
  public func copy(messages: String, keys folder: String) async throws(MessagingError) {
    let (environment, keys) = (environment, keys)
    let failure: MessagingError?
    do throws(LogError) {
      failure = try await threads.run(.short) { () throws(LogError) -> MessagingError? in
        do throws(LMDBError) { try environment.copy(to: messages, compacting: true) } catch {
          return MessagingError(.failed, error.reason)
        }
        do throws(KeyStoreError) {
          _ = try keys.copy(to: folder)
          return nil
        } catch { return MessagingError(.failed, error.reason) }
      }
    } catch { throw .closed }
    if let failure { throw failure }
  }
}

extension MessageStore {
  /// Reads on a thread for reading: pages may be cold.
  private func reading<Found: Sendable>(
    _ body: @escaping @Sendable (MessageTables, KeyStore) throws(LMDBError) -> Found
  ) async throws(MessagingError) -> Found {
    let (tables, keys) = (tables, keys)
    let result: Result<Found, LMDBError>
    do throws(LogError) {
      result = try await threads.run(.short) { () throws(LogError) in
        Result { () throws(LMDBError) in try body(tables, keys) }
      }
    } catch { throw .closed }
    return try messaging { () throws(LMDBError) in try result.get() }
  }

  private static func message(_ row: MessageRow, _ number: UInt64, _ keys: KeyStore) throws(LMDBError) -> Message {
    let text: [UInt8]?
    do throws(KeyStoreError) {
      text = try keys.vault.open(row.text, purpose: .messageText, in: number.bigEndianBytes)
    } catch { throw LMDBError(.damagedRow, "read a message", "message \(number) cannot be opened: \(error.reason)") }
    return Message(row, number: number, text: text.map { String(decoding: $0, as: UTF8.self) })
  }

  private static func keyFailed(_ error: KeyStoreError) -> LMDBError {
    LMDBError(.other, "seal a message", "a key failed: \(error.reason)")
  }

  private static func drawn() throws(KeyStoreError) -> PersonID {
    do { return try PersonID(random: SystemRandom()) } catch {
      throw KeyStoreError(.cryptoFailure, "the system has no randomness to give")
    }
  }

  /// An error of the storage as one of the keys, where both may come.
  private static func stored<Found>(_ body: () throws(LMDBError) -> Found) throws(KeyStoreError) -> Found {
    do throws(LMDBError) { return try body() } catch { throw KeyStoreError(.fileFailure, error.reason) }
  }
}

extension Message {
  init(_ row: MessageRow, number: UInt64, text: String?) {
    self.number = number
    reference = row.reference
    group = GroupID(rawValue: row.group)
    author = AccountID(rawValue: row.author)
    connector = ConnectorID(unlessZero: row.connector)
    grant = GrantID(unlessZero: row.grant)
    postedAt = Timestamp(milliseconds: row.postedAt)
    replyTo = row.replyTo
    audience = row.audience
    self.text = text
    ledgerPosition = row.ledgerPosition
  }
}

extension MessagingError {
  fileprivate static let authorErased = MessagingError(.erased, "The author is erased.")
  static let closed = MessagingError(.unavailable, "the store is closed, or too much waits for it")
}
