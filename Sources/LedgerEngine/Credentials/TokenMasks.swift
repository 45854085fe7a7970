package import EventLog
package import KeyStore
package import LedgerCrypto
import LedgerDomain
import Synchronization

/// The masks of tokens: the newest makes them, the others read those that were made before it, until their time has come.
///
/// Validation asks here, so what a rotation changes is found without a lock: a rotation hangs new masks on to the old.
package final class TokenMasks: Sendable {
  private let first: Generation
  private let keys: KeyStore
  private let clock: LedgerClock
  /// Whether another process may rotate the masks.
  private let isFollowing: Bool

  private final class Generation: Sendable {
    let newest: BlockMask
    let all: [TokenMask]
    /// The keys that sign access tokens, the newest first, and until when each is of use.
    let signers: [(signer: TokenSigner, until: Int64?)]
    let next = AtomicLazyReference<Generation>()

    init?(_ keys: KeyStore) {
      let masks = keys.tokenMasks
      guard let newest = masks.first else { return nil }
      self.newest = newest.mask
      all = masks
      var signers: [(signer: TokenSigner, until: Int64?)] = []
      for known in keys.tokenSigningKeys {
        guard let key = try? P256.SigningKey(seed: known.seed) else { return nil }
        signers.append((TokenSigner(key), known.until))
      }
      self.signers = signers
    }
  }

  /// - Parameter isFollowing: whether another process may rotate the masks.
  /// - Throws: `damaged` where the keys hold none.
  package init(_ keys: KeyStore, clock: LedgerClock, isFollowing: Bool) throws(LedgerError) {
    guard let first = Generation(keys) else {
      throw LedgerError(.damaged, "the keyring holds no token mask")
    }
    self.first = first
    self.keys = keys
    self.clock = clock
    self.isFollowing = isFollowing
  }

  /// The mask that makes tokens.
  package var newest: BlockMask { current.newest }

  /// The keys that sign access tokens, the newest first: that one signs, and the others verify until their time has come.
  package var signers: [TokenSigner] {
    let now = clock.read().now
    return current.signers.filter { $0.until.map { now < $0 } ?? true }.map(\.signer)
  }

  /// The key that verifies what names it; nil for an unknown name.
  package func signer(named identifier: String) -> TokenSigner? {
    if let known = signers.first(where: { $0.verifying.identifier == identifier }) { return known }
    // It may be one that another process made.
    guard isFollowing, (try? keys.refresh()) != nil else { return nil }
    takeOver()
    return signers.first { $0.verifying.identifier == identifier }
  }

  private var current: Generation {
    var generation = first
    while let next = generation.next.load() { generation = next }
    return generation
  }

  /// What `body` makes of the first mask that it makes something of.
  package func firstResult<Result>(_ body: (BlockMask) -> Result?) -> Result? {
    let known = current
    if let result = firstResult(known, body) { return result }
    // A token that nobody here can read may be one under a mask that another process made.
    guard isFollowing, (try? keys.refresh()) != nil, keys.tokenMasks.first?.number != known.all.first?.number else {
      return nil
    }
    takeOver()
    return firstResult(current, body)
  }

  private func firstResult<Result>(_ generation: Generation, _ body: (BlockMask) -> Result?) -> Result? {
    if let result = body(generation.newest) { return result }
    guard generation.all.count > 1 else { return nil }
    let now = clock.read().now
    for mask in generation.all.dropFirst() where mask.until.map({ now < $0 }) ?? true {
      if let result = body(mask.mask) { return result }
    }
    return nil
  }

  /// Takes over what the key store has now.
  package func takeOver() {
    guard let next = Generation(keys) else { return }
    var last = current
    while true {
      let stored = last.next.storeIfNil(next)
      if stored === next { return }
      last = stored
    }
  }
}
