public import KeyStore
import LedgerDomain
import LedgerEvents
import Projections

extension Keys {
  /// For how long tokens work that were made before their mask was rotated, unless a rotation says otherwise: as long as
  /// the longest refresh token lives.
  public static let tokenOverlap = Duration.seconds(730 * 86_400)

  /// For how long access tokens are verified by the key before, unless a rotation says otherwise: as long as the longest lives.
  public static let signedTokenOverlap = Duration.seconds(7 * 86_400)

  /// Every key of the ledger but the master key, by what may be shown of it: those of each kind in the order of their
  /// numbers. The last of a kind is the one in use.
  ///
  /// ```swift
  /// let masks = ledger.keys.all.filter { $0.kind == .tokenMask }
  /// ```
  public var all: [KeyringKey] { ledger.keyStore.keyringKeys }

  /// Makes a new key of a kind, which is used from now on, and records it.
  ///
  /// | Kind | What becomes of the keys before |
  /// | --- | --- |
  /// | `signing` | They stay, to check what they signed. |
  /// | `person` | They go at once. Every key of a person or webhook, and every other key of the keyring, is sealed anew. |
  /// | `tokenMask` | Tokens made under them work for `overlap`, ``tokenOverlap`` unless given. |
  /// | `tokenSigning` | Signed access tokens of before are verified for `overlap`, ``signedTokenOverlap`` unless given. |
  /// | `derivation` | Repeated requests are recognised by them for `overlap`, which is ``LedgerConfiguration/idempotencyRetention`` unless given. |
  /// | `pinPepper` | They go at once: PINs that were sent and not yet presented are refused. |
  /// | `lookup`, `rowCheck` | The rows stay under them until the ledger is opened for writing again, which makes the rows anew and drops these keys. |
  ///
  /// The key comes before the event: one without its event is recorded when the ledger is opened.
  ///
  /// ```swift
  /// try await ledger.keys.rotate(.tokenMask, overlap: .seconds(30 * 86_400))
  /// ```
  ///
  /// - Parameters:
  ///   - kind: of the key.
  ///   - overlap: for how long what was made under the keys before is still read; not negative, and for the three kinds only
  ///     that say so above.
  ///   - context: names the operator.
  /// - Returns: the new key.
  /// - Throws: `invalid_value` of the field `overlap`; `forbidden` of the field `operator`; `key_unavailable`, `closed`, `conflict` while the master key is
  ///   being rotated.
  @discardableResult
  public func rotate(
    _ kind: KeyKind, overlap: Duration? = nil, context: RequestContext = .none
  ) async throws(LedgerError) -> KeyringKey {
    guard overlap == nil || kind.hasOverlap else {
      throw LedgerError(
        .invalidValue, "overlap: expected none for the kind \(kind), whose earlier keys do not go by time",
        field: "overlap")
    }
    return try await rotate([kind], overlap: overlap, context)[0]
  }

  /// Makes a new key of every kind, as ``rotate(_:overlap:context:)`` does of one: after somebody may have had the keys. The master
  /// key is replaced by ``rotateMasterKey(to:context:)``.
  ///
  /// ```swift
  /// try await ledger.keys.rotateAll(overlap: .seconds(7 * 86_400))
  /// ```
  ///
  /// - Parameter overlap: for how long tokens and idempotency keys of before are still recognised.
  /// - Returns: the new keys.
  /// - Throws: as ``rotate(_:overlap:context:)``. What was rotated until then stays so, and is recorded.
  @discardableResult
  public func rotateAll(
    overlap: Duration? = nil, context: RequestContext = .none
  ) async throws(LedgerError) -> [KeyringKey] {
    try await rotate(KeyKind.allCases, overlap: overlap, context)
  }

  /// Destroys earlier keys of a kind before their time, and records it. The newest stays.
  ///
  /// Without an earlier `tokenMask`, the tokens made under it are unknown; without an earlier `derivation` key, requests of
  /// before it are performed anew if they are repeated.
  ///
  /// ```swift
  /// let numbers = try await ledger.keys.drop(.tokenMask)
  /// ```
  ///
  /// - Parameters:
  ///   - kind: of the keys. Signing keys stay, since they check what they signed.
  ///   - number: those with lower numbers go; all but the newest unless given.
  /// - Returns: the numbers of the keys that were destroyed.
  /// - Throws: `invalid_value` of the field `kind` for signing keys; `conflict` where rows are under the keys: open the
  ///   ledger for writing again first, which makes them anew. `key_unavailable`, `closed`.
  @discardableResult
  public func drop(
    _ kind: KeyKind, below number: UInt32 = .max, context: RequestContext = .none
  ) async throws(LedgerError) -> [UInt32] {
    guard kind != .signing else {
      throw LedgerError(
        .invalidValue, "kind: expected another than signing, whose keys check what they signed", field: "kind")
    }
    let ledger = ledger
    var request = try ledger.prepare(context)
    try ledger.requireNoRows(under: kind, below: number)
    try await ledger.authorize(&request, .keys, .dropKeys(kind, below: number))
    let dropped = try await ledger.blocking { () throws(LedgerError) in
      try keyed(ledger.keyStore.dropKeys(of: kind, below: number))
    }
    if kind.isOfTokens, !dropped.isEmpty { try ledger.tokenFormat.masks.takeOver() }
    try await ledger.recordKeys(request)
    return dropped
  }

  private func rotate(
    _ kinds: [KeyKind], overlap: Duration?, _ context: RequestContext
  ) async throws(LedgerError) -> [KeyringKey] {
    guard (overlap ?? .zero) >= .zero else {
      throw LedgerError(.invalidValue, "overlap: expected a duration that is not negative", field: "overlap")
    }
    let ledger = ledger
    var request = try ledger.prepare(context)
    try await ledger.authorize(&request, .keys, .rotateKeys(kinds, overlap: overlap))
    let retention = Duration.milliseconds(max(ledger.configuration.idempotencyRetention, 0))
    do throws(LedgerError) {
      // One that is kept elsewhere is replaced there, and by name.
      if kinds.contains(.signing), kinds.count == 1 || ledger.keyStore.verifyingKeys.last?.isElsewhere != true {
        try await ledger.replaceSigningKey()
      }
      try await ledger.blocking { () throws(LedgerError) in
        let now = try ledger.now
        for kind in kinds where kind != .signing {
          let usual = [.derivation: retention, .tokenSigning: Self.signedTokenOverlap][kind] ?? Self.tokenOverlap
          let overlap = overlap ?? usual
          let until = kind.hasOverlap ? (now + overlap).milliseconds : nil
          _ = try keyed(ledger.keyStore.rotate(kind, createdAt: now.milliseconds, until: until))
          if kind.isOfTokens { try ledger.tokenFormat.masks.takeOver() }
        }
      }
    } catch {
      try? await ledger.recordSigningKeys(request)
      try? await ledger.recordKeys(request)
      throw error
    }
    try await ledger.recordSigningKeys(request)
    try await ledger.recordKeys(request)
    return kinds.compactMap { kind in all.last { $0.kind == kind } }
  }
}

extension Ledger {
  /// Refuses where rows are under a key of a kind with a lower number.
  fileprivate func requireNoRows(under kind: KeyKind, below number: UInt32) throws(LedgerError) {
    let rows = log.participant.rowKeys
    let inUse: UInt32? =
      switch kind {
      case .lookup: rows.lookup
      case .rowCheck: rows.rowCheck
      default: nil
      }
    guard let inUse, inUse < number, inUse < keyStore.numbers(of: kind).last ?? 0 else { return }
    throw LedgerError(
      Refusal(
        .conflict, field: "kind",
        expected: "a kind whose earlier keys no row is under, and rows are under \(kind)/\(inUse)",
        remedy: "open the ledger for writing again, which makes the rows anew and drops the key"))
  }
}

extension KeyKind {
  /// Whether what was made under an earlier key is read for some time.
  fileprivate var hasOverlap: Bool { isOfTokens || self == .derivation }

  /// Whether tokens are made and read by keys of the kind.
  fileprivate var isOfTokens: Bool { self == .tokenMask || self == .tokenSigning }
}
