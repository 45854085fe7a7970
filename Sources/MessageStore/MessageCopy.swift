public import CredentialLedger
import EventLog
import KeyStore
import LMDB

/// What a backup of messages holds.
public struct MessageCopy: Sendable, Equatable {
  /// How many messages there are.
  public let messages: UInt64
  /// The number of the newest; 0 where there is none.
  public let newest: UInt64
  /// How many of them are of authors who are erased, so that nobody can read them.
  public let unreadable: UInt64
  /// How many authors have a key.
  public let authors: Int
  /// Whether the master key is with the keys, since it is kept in their folder.
  public let hasMasterKey: Bool
}

extension MessageStore {
  /// Copies a store into two new folders while a server may have it open, and reads the copy whole: each text must open under its
  /// author's key, and the order of each group be that of the messages.
  ///
  /// Takes as long as it takes to read the store three times. The keys are copied last, so that they open all that was copied.
  ///
  /// - Parameters:
  ///   - path: the store's folder.
  ///   - origin: the ledger's name.
  ///   - master: where the master key is that the store is under.
  ///   - messages: a folder that does not exist; the folder above must. Private to its owner.
  ///   - keys: the same, in another place: somebody who has both can read what people erased later had written.
  /// - Throws: `notFound` where there is no store; `invalid` where a folder exists, or one is in the other; `failed` for what is
  ///   damaged. Nothing is left of the copies then.
  public static func copy(
    from path: String, origin: String, master: MasterKey.Source, messages: String, keys: String
  ) async throws(MessagingError) -> MessageCopy {
    guard !isWithin(keys, messages), !isWithin(messages, keys) else {
      throw MessagingError(
        .invalid, "keys: expected another folder than that of the messages, and none in it", field: "keys")
    }
    for (field, folder) in [("messages", messages), ("keys", keys)] where Folder.exists(folder) {
      throw MessagingError(.invalid, "\(field): \(folder) exists; choose a new folder", field: field)
    }
    guard Folder.exists(path + "/messages/data.mdb") else {
      throw MessagingError(.notFound, "there are no messages at \(path); check the folder", field: "folder")
    }
    let threads = ReaderThreads(.init(threads: 2))
    defer { threads.stop() }
    let result: Result<MessageCopy, MessagingError>
    do throws(LogError) {
      result = try await threads.run(.long) { () throws(LogError) in
        Result { () throws(MessagingError) in
          do throws(MessagingError) {
            return try copyNow(from: path, origin: origin, master: master, messages: messages, keys: keys)
          } catch {
            for folder in [messages, keys] { Folder.remove(folder) }
            throw error
          }
        }
      }
    } catch { throw MessagingError(.unavailable, "the copy was stopped") }
    return try result.get()
  }

  private static func isWithin(_ path: String, _ folder: String) -> Bool {
    (path + "/").hasPrefix(folder.hasSuffix("/") ? folder : folder + "/")
  }

  @available(*, noasync)
  private static func copyNow(
    from path: String, origin: String, master: MasterKey.Source, messages: String, keys: String
  ) throws(MessagingError) -> MessageCopy {
    let hasMasterKey = try keyed { () throws(KeyStoreError) in
      let store = try KeyStore.open(at: path + "/keys", origin: origin, master: master, access: .reading)
      defer { store.close() }
      do throws(LMDBError) {
        let environment = try Environment(at: path + "/messages", options: options(.readOnly))
        defer { environment.close() }
        try environment.copy(to: messages, compacting: true)
      } catch { throw KeyStoreError(.damaged, error.reason) }
      return try store.copy(to: keys).hasMasterKey
    }
    return try keyed { () throws(KeyStoreError) in
      let store = try KeyStore.open(at: keys, origin: origin, master: master, access: .reading)
      defer { store.close() }
      let authors = try store.verifyPersons()
      do throws(LMDBError) {
        let environment = try Environment(at: messages, options: options(.frozen))
        defer { environment.close() }
        try environment.checkStructure()
        return try read(environment, store, authors: authors, hasMasterKey: hasMasterKey)
      } catch { throw KeyStoreError(.damaged, error.reason) }
    }
  }

  /// Reads a copy whole.
  private static func read(
    _ environment: Environment, _ keys: KeyStore, authors: Int, hasMasterKey: Bool
  ) throws(LMDBError) -> MessageCopy {
    let tables = try MessageTables(in: environment)
    let view = try environment.beginRead()
    var (count, newest, unreadable) = (UInt64(0), UInt64(0), UInt64(0))
    try tables.messages.forEach(in: view) { (number, bytes) throws(LMDBError) in
      let row = try MessageTables.row(Array(copying: bytes), number)
      guard try tables.groups.get(MessageTables.key(row.group, number), in: view) != nil,
        try tables.references.get(row.reference.bytes, in: view) == number.bigEndianBytes
      else { throw LMDBError(.damagedRow, "read a copy", "message \(number) is not found by its group or reference") }
      do throws(KeyStoreError) {
        if try keys.vault.open(row.text, purpose: .messageText, in: number.bigEndianBytes) == nil { unreadable += 1 }
      } catch { throw LMDBError(.damagedRow, "read a copy", "message \(number) cannot be opened: \(error.reason)") }
      (count, newest) = (count + 1, number)
      return .continue
    }
    var listed = UInt64(0)
    try tables.groups.forEach(in: view) { _, _ in
      listed += 1
      return .continue
    }
    guard listed == count else {
      throw LMDBError(.damagedRow, "read a copy", "\(count) messages, and \(listed) in the lists of groups")
    }
    return MessageCopy(
      messages: count, newest: newest, unreadable: unreadable, authors: authors, hasMasterKey: hasMasterKey)
  }

  private static func options(_ access: Environment.Options.Access) -> Environment.Options {
    .init(access: access, mapSize: 1 << 30, maximumTables: 8)
  }

  private static func keyed<Found>(_ body: () throws(KeyStoreError) -> Found) throws(MessagingError) -> Found {
    do throws(KeyStoreError) { return try body() } catch { throw MessagingError(.failed, error.reason) }
  }
}
