import EventLog
import KeyStore
import LedgerCrypto
import LedgerDomain
package import LedgerEvents
import Projections

extension Ledger {
  /// Prepares a request that takes several commits, or does more than append events: each is performed again whenever it is
  /// asked for. What is one command goes through ``submit(_:proposing:context:)`` and what stands beside it.
  ///
  /// - Parameter caller: under whose key the address is sealed; nobody's unless given.
  /// - Throws: `invalid_value` for a context that is out of bounds.
  package func prepare(
    _ context: RequestContext, by caller: Caller = .ledger
  ) throws(LedgerError) -> PreparedRequest {
    let requestID = Array((context.requestID ?? "").utf8)
    guard requestID.count <= 64 else {
      throw LedgerError(.invalidValue, "requestID: expected at most 64 bytes", field: "requestID")
    }
    let address = context.address ?? ""
    guard address.utf8.count <= 64 else {
      throw LedgerError(.invalidValue, "address: expected at most 64 bytes", field: "address")
    }
    var request = PreparedRequest(requestID: requestID, address: address, secrets: .fresh(configuration.random))
    request.isAutomatic = false
    request.namedOperator = context.namedOperator
    request.reason = try Self.line(context.reason, "reason", bytes: 500)
    request.ticket = try Self.line(context.ticket, "ticket", bytes: 100)
    request.proposal = context.proposal
    guard !address.isEmpty else { return request }
    switch caller {
    case .requester(let requester): request.account = requester.account
    case .grant(_, from: let granter): request.account = granter
    case .client(let connector): (request.account, request.person) = try owner(of: connector)
    case .identity(_, _, let person): request.person = person
    case .ledger: break
    }
    return request
  }

  /// Refuses a context that is out of bounds, before anything is done for it that stays.
  ///
  /// - Throws: `invalid_value`.
  package func requireBounds(of context: RequestContext) throws(LedgerError) {
    _ = try prepare(context)
    if let key = context.idempotencyKey { try Self.requireBounds(ofKey: key) }
  }

  private static func requireBounds(ofKey text: String) throws(LedgerError) {
    guard (1...255).contains(text.utf8.count) else {
      throw LedgerError(.invalidValue, "idempotencyKey: expected 1 to 255 bytes", field: "idempotencyKey")
    }
  }

  /// Prepares a request of one command.
  ///
  /// - Parameters:
  ///   - answersAlike: whether the answer hides what was found. An idempotency key is then unique within what is asked, so
  ///     that it is never refused: otherwise that would tell that something was found.
  ///   - encoding: what is asked; made only where there is an idempotency key. Nil is performed again each time.
  func prepare(
    _ context: RequestContext, by caller: Caller, answersAlike: Bool, _ encoding: @autoclosure () -> RequestEncoding?
  ) throws(LedgerError) -> PreparedRequest {
    let request = try prepare(context, by: caller)
    guard let text = context.idempotencyKey, let asked = encoding() else { return request }
    return try repeatable(
      request, by: caller, key: text, named: context.namedOperator, answersAlike: answersAlike, asked)
  }

  /// Gives a request an idempotency key, from which its randomness follows.
  ///
  /// - Parameters:
  ///   - caller: within whose keys the key is unique.
  ///   - text: the key.
  ///   - named: the operator whose own the key is.
  ///   - asked: what is asked.
  /// - Throws: `invalid_value` for a key that is out of bounds.
  package func repeatable(
    _ request: PreparedRequest, by caller: Caller, key text: String, named: AccountID? = nil,
    answersAlike: Bool = false, _ asked: RequestEncoding
  ) throws(LedgerError) -> PreparedRequest {
    try Self.requireBounds(ofKey: text)
    // What one operator was answered is not another's.
    var own = caller.field
    if let named { own = .list([own, .id(named)]) }
    let derivations = try keyed(keyStore.derivationKeys)
    guard let newest = derivations.first else { throw LedgerError(.damaged, "the keyring holds no derivation key") }
    let within = own
    let keyed = try drawn(
      KeyedRequest(
        text, within: answersAlike ? .list([within, .bytes(asked.bytes)]) : within, asked, newest: newest,
        earlier: Array(derivations.dropFirst()), random: configuration.random))
    var request = request
    request.keyed = keyed
    request.secrets = .derived(keyed.nonce)
    return request
  }

  /// The bytes of a text of one line that stays in the log for good; none where there is no text.
  private static func line(_ text: String?, _ field: String, bytes limit: Int) throws(LedgerError) -> [UInt8] {
    guard let text else { return [] }
    let line: String
    do throws(DecisionFailure) { line = try text.recordedLine(field, bytes: limit) } catch { throw LedgerError(error) }
    return Array(line.utf8)
  }

  // MARK: Addresses

  /// Whose key seals the address that a connector called from: an account, and the person that it is, read in one snapshot.
  private func owner(of connector: PublicID) throws(LedgerError) -> (AccountID?, PersonID?) {
    try reading { (state) throws(StateUnreadable) -> (AccountID?, PersonID?) in
      // What tokens stand on says it in a small row, and the connector was most likely authenticated just before.
      guard let client = try state.client(connector), let standing = try state.standing(of: client.id.rawValue),
        standing.kind == .connector, let owner = AccountID(unlessZero: standing.parents[0])
      else { return (nil, nil) }
      return (owner, try state.person(of: owner))
    }
  }

  func seal(_ request: PreparedRequest) async throws(LedgerError) -> [UInt8] {
    guard !request.address.isEmpty, request.account != nil || request.person != nil else { return [] }
    var known = request.person
    if known == nil, let account = request.account { known = try person(of: account) }
    guard let owner = known else { return [] }
    // Most often the key was used lately, and two changes of threads take longer than to seal.
    let value = try keyed(keyStore.vault.sealAtOnce(request.address, for: owner, purpose: .originAddress))
    if let value { return value.person.bytes + value.box }
    return try await blocking(.short) { [self] () throws(LedgerError) in
      let sealed = try seal(request.address, for: owner, .originAddress)
      return sealed.personBytes + sealed.boxBytes
    }
  }
}
