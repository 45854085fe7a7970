import CredentialLedger
import KeyStore
import LMDB

/// The requests that may be repeated: what came of each, for as long as it is known.
struct RequestTables: Sendable {
  /// What came of a request, by the digest of whose it is and of its key: when, the message's reference, and sealed under the
  /// author's key the digest of what was asked and the rest of the answer.
  private let requests: Table<BytesKey, RawBytes>
  /// The same keys behind the time, by which old ones are found. No values.
  private let ages: Table<BytesKey, RawBytes>

  /// How many old rows a new one removes: more than one, so that none are left over.
  private static let removedAtATime = 4

  init(in environment: Environment) throws(LMDBError) {
    requests = try environment.openTable(TableDefinition("requests"))
    ages = try environment.openTable(TableDefinition("requestAges"))
  }

  /// What came of the same request before; nil where it is new, or was too long ago.
  ///
  /// - Throws: `personMissing` once the author is erased.
  func earlier(
    _ request: RepeatableRequest, at now: Int64, _ keys: KeyStore,
    in transaction: borrowing some Transaction & ~Copyable
  ) throws(KeyStoreError) -> Result<PostedOnce, MessagingError>? {
    let key = Self.key(request)
    let found: [UInt8]?
    do throws(LMDBError) { found = try requests.get(key, in: transaction) } catch {
      throw KeyStoreError(.fileFailure, error.reason)
    }
    guard let found else { return nil }
    guard found.count > 40, let reference = PublicID(bytes: found[8..<24]), let person = PersonID(bytes: found[24..<40])
    else { throw KeyStoreError(.damaged, "The row of a repeated request is malformed.") }
    let madeAt = Int64(bitPattern: found[..<8].reduce(UInt64(0)) { $0 << 8 | UInt64($1) })
    guard now - madeAt < RepeatableRequest.retention else { return nil }
    let sealed = SealedValue(person: person, box: Array(found[40...]))
    guard let opened = try keys.vault.open(sealed, purpose: .messageRequest, in: key) else {
      throw KeyStoreError(.personMissing, "The author is erased.")
    }
    guard opened.prefix(Digest.byteCount).elementsEqual(request.digest.bytes) else {
      return .failure(
        MessagingError(
          .conflict, "Idempotency-Key: the key stands for another request; use a new key", field: "Idempotency-Key"))
    }
    return .success(PostedOnce(reference: reference, answer: Array(opened.dropFirst(Digest.byteCount))))
  }

  /// Keeps what came of a request, and forgets some of those that are too old.
  func keep(
    _ request: RepeatableRequest, _ reference: PublicID, at now: Int64, for person: PersonID, _ keys: KeyStore,
    in transaction: inout WriteTransaction
  ) throws(KeyStoreError) {
    let key = Self.key(request)
    let sealed = try keys.vault.seal(
      request.digest.bytes + request.answer, for: person, purpose: .messageRequest, in: key)
    let time = UInt64(bitPattern: max(now, 0)).bigEndianBytes
    do throws(LMDBError) {
      if let before = try requests.get(key, in: transaction) {
        _ = try ages.delete(Array(before.prefix(8)) + key, in: &transaction)
      }
      try requests.put(key, time + reference.bytes + person.bytes + sealed.box, in: &transaction)
      try ages.put(time + key, [], in: &transaction)
      try removeOld(at: now, in: &transaction)
    } catch { throw KeyStoreError(.fileFailure, error.reason) }
  }

  private func removeOld(at now: Int64, in transaction: inout WriteTransaction) throws(LMDBError) {
    let oldest = UInt64(bitPattern: max(now - RepeatableRequest.retention, 0)).bigEndianBytes
    var old: [[UInt8]] = []
    try ages.forEach(below: oldest, in: transaction) { (key, _) throws(LMDBError) in
      guard old.count < Self.removedAtATime else { return .stop }
      old.append(Array(key))
      return .continue
    }
    for key in old {
      _ = try ages.delete(key, in: &transaction)
      _ = try requests.delete(Array(key.dropFirst(8)), in: &transaction)
    }
  }

  private static func key(_ request: RepeatableRequest) -> [UInt8] {
    SHA256.hash(
      (request.connector?.rawValue ?? 0).bigEndianBytes + request.author.rawValue.bigEndianBytes + request.key.utf8
    ).bytes
  }
}

extension Purpose {
  /// What was asked to be posted, and the answer.
  fileprivate static let messageRequest = Purpose("message.request")
}
