import CredentialLedger
import Glibc
import NIOPosix
import Synchronization

/// The sessions of a portal: one small file each, in a folder for its owner alone, so that a restart ends none of them. A file is
/// named by the digest of the session's token, and holds neither the token nor anything personal.
final class SessionStore: Sendable {
  /// How long sessions last.
  struct Bounds: Sendable {
    /// Without a request.
    var idle: Duration
    /// In all.
    var absolute: Duration
  }

  private let folder: String
  private let bounds: Bounds
  private let sessions: Mutex<[String: Session]>
  /// Held while a file is written or removed.
  private let disk = Mutex(())
  /// How long a use may stay in memory only.
  private static let useInterval = Duration.seconds(60)
  /// How many sessions somebody has at most: the one that was not used for longest makes room.
  static let limit = 50

  /// Opens the store, and makes its folder where there is none. Blocks.
  ///
  /// - Throws: `storage` where the folder cannot be made or read. A file that is no session is removed.
  init(folder: String, bounds: Bounds) throws(SessionStoreError) {
    self.folder = folder
    self.bounds = bounds
    sessions = Mutex(try Self.load(folder))
  }

  private static func load(_ folder: String) throws(SessionStoreError) -> [String: Session] {
    let names: [String]
    do throws(LedgerError) {
      _ = try Folder.create(folder)
      names = try Folder.list(folder) ?? []
    } catch { throw SessionStoreError(reason: error.reason) }
    var sessions: [String: Session] = [:]
    for name in names where !name.hasPrefix(".") {
      let content: [UInt8]?
      do { content = try DurableFile.read("\(folder)/\(name)", limit: 65_536) } catch {
        throw SessionStoreError(reason: error.reason)
      }
      if name.utf8.count == 64, let content, let session = Session(key: name, encoded: content) {
        sessions[name] = session
      } else {
        Folder.remove("\(folder)/\(name)")
      }
    }
    return sessions
  }

  /// The session that a token opens, its use noted; nil where there is none, or it has ended.
  func session(of token: String, at now: Timestamp) async throws(SessionStoreError) -> Session? {
    let key = Session.key(of: token)
    let (found, isDue) = sessions.withLock { sessions -> (Session?, Bool) in
      guard var session = sessions[key] else { return (nil, false) }
      guard isLive(session, at: now) else { return (nil, true) }
      let isDue = now - session.lastUsedAt > Self.useInterval
      session.lastUsedAt = max(now, session.lastUsedAt)
      if isDue { sessions[key] = session }
      return (session, isDue)
    }
    guard isDue else { return found }
    if let found { try await write(found.key) } else { try await end([key]) }
    return found
  }

  private func isLive(_ session: Session, at now: Timestamp) -> Bool {
    now - session.lastUsedAt < bounds.idle && now - session.createdAt < bounds.absolute
  }

  /// Begins a session, and removes those that have ended by their time. Durable when it returns.
  ///
  /// - Returns: the token, for the browser alone.
  func begin(
    for account: AccountID, issuer: String, providerSession: String = "", signIn: Position, authenticatedAt: Timestamp,
    at now: Timestamp
  ) async throws(SessionStoreError) -> String {
    let token = RandomText.make()
    let session = Session(
      key: Session.key(of: token), account: account, issuer: issuer, providerSession: providerSession, signIn: signIn,
      createdAt: now, authenticatedAt: authenticatedAt, lastUsedAt: now)
    let ended = sessions.withLock { sessions -> [String] in
      let ended = sessions.values.filter { !isLive($0, at: now) }
      let own = sessions.values.filter { $0.account == account && isLive($0, at: now) }
        .sorted { $0.lastUsedAt > $1.lastUsedAt }
      sessions[session.key] = session
      return (ended + own.dropFirst(Self.limit - 1)).map(\.key)
    }
    if !ended.isEmpty { try await end(ended) }
    do { try await write(session.key) } catch {
      sessions.withLock { $0[session.key] = nil }
      throw error
    }
    return token
  }

  /// Notes that a form was performed whose answer is shown once.
  ///
  /// - Returns: false where it was noted before.
  func spend(_ form: String, in session: Session) async throws(SessionStoreError) -> Bool {
    let changed = sessions.withLock { sessions -> Session? in
      guard var known = sessions[session.key], !known.spent.contains(form) else { return nil }
      known.spent = (known.spent + [form]).suffix(Session.spentLimit)
      sessions[session.key] = known
      return known
    }
    guard let changed else { return false }
    try await write(changed.key)
    return true
  }

  /// Whether a form was performed whose answer is shown once.
  func isSpent(_ form: String, in session: Session) -> Bool {
    sessions.withLock { $0[session.key]?.spent.contains(form) ?? true }
  }

  /// The sessions of an account that have not ended, the newest use first.
  func sessions(of account: AccountID, at now: Timestamp) -> [Session] {
    sessions.withLock { sessions in
      sessions.values.filter { $0.account == account && isLive($0, at: now) }
    }.sorted { $0.lastUsedAt > $1.lastUsedAt }
  }

  /// Those of an account that have to end before it begins another: not used for longest, and too many with it.
  func surplus(of account: AccountID, at now: Timestamp) -> [Session] {
    Array(sessions(of: account, at: now).dropFirst(Self.limit - 1))
  }

  /// How many sessions have not ended.
  func count(at now: Timestamp) -> Int { sessions.withLock { $0.values.count { isLive($0, at: now) } } }

  /// The sessions of people whom a provider signed in.
  func sessions(issuer: String) -> [Session] {
    sessions.withLock { sessions in sessions.values.filter { $0.issuer == issuer } }
  }

  /// The sessions that a provider means by its `sid`.
  func sessions(issuer: String, providerSession: String) -> [Session] {
    sessions.withLock { sessions in
      sessions.values.filter { $0.issuer == issuer && $0.providerSession == providerSession }
    }
  }

  /// Ends sessions: durable when it returns.
  func end(_ keys: [String]) async throws(SessionStoreError) {
    sessions.withLock { sessions in for key in keys { sessions[key] = nil } }
    try await onDisk { folder in
      for key in keys where unsafe unlink("\(folder)/\(key)") != 0 && errno != ENOENT {
        let reason = unsafe String(cString: strerror(errno))
        throw SessionStoreError(reason: "cannot remove a session from the folder \(folder): \(reason)")
      }
    }
  }

  /// Writes a session as memory has it. One that ended meanwhile is not written: its file would bring it back.
  private func write(_ key: String) async throws(SessionStoreError) {
    try await onDisk { [self] folder in
      guard let session = sessions.withLock({ $0[key] }) else { return }
      try DurableFile.replace("\(folder)/\(key)", with: session.encoded)
    }
  }

  /// Works on the folder, alone and on a thread that may wait.
  private func onDisk(_ body: @escaping @Sendable (String) throws -> Void) async throws(SessionStoreError) {
    do {
      try await NIOThreadPool.singleton.runIfActive { [self] in
        try disk.withLock { _ in try body(folder) }
      }
    } catch let error as SessionStoreError {
      throw error
    } catch let error as LedgerError {
      throw SessionStoreError(reason: error.reason)
    } catch {
      throw SessionStoreError(reason: "the folder of sessions cannot be reached")
    }
  }
}

/// The store of sessions cannot be read or written.
struct SessionStoreError: Error, Sendable {
  let reason: String
}
