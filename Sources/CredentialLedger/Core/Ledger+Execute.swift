import EventLog
import KeyStore
import LMDB
import LedgerCrypto
import LedgerDomain
import LedgerEvents
import Projections

extension Ledger {
  /// Decides a command on the writer's thread, and answers once its events are durable.
  func execute<C: Command>(
    _ command: C, by account: AccountID? = nil, _ request: PreparedRequest = PreparedRequest()
  ) async throws(LedgerError) -> C.Outcome {
    guard let writer = log.writer else {
      throw LedgerError(.closed, "the ledger is open for reading only; open it for writing")
    }
    let address = try await seal(request, for: account)
    let options = AppendOptions(requestID: request.requestID, idempotency: request.idempotency)
    let committed: Committed<LedgerEvent>
    do {
      committed = try await writer.append(options) { (view, moment) throws(AppendFailure<DecisionFailure>) in
        let decision = try Self.decide(command, in: view, moment)
        return Proposal(
          decision.events,
          RecordContext(
            actor: LogSubject(decision.actor), behalf: decision.behalf.map { LogSubject($0) }, address: address))
      }
    } catch { throw LedgerError(error) }
    return command.outcome(of: RecordedEvents(committed))
  }

  /// Decides a command inside the write transaction.
  @inline(__always)
  static func decide(
    _ command: some Command, in view: borrowing LogView<WriteTransaction, ProjectionSet>, _ moment: Moment
  ) throws(AppendFailure<DecisionFailure>) -> Decision {
    do throws(DecisionFailure) {
      return try view.withState(orThrow: { .unreadable(StateUnreadable($0.text)) }) { (state) throws(DecisionFailure) in
        try command.decide(state, DecisionContext(now: Timestamp(milliseconds: moment.now), next: moment.next))
      }
    } catch { throw .refused(error) }
  }

  /// Decides a command on the state of this moment, and lets nothing happen.
  ///
  /// - Throws: what ``execute(_:by:_:)`` would refuse it for now.
  func rehearse(_ command: some Command) throws(LedgerError) {
    let context = DecisionContext(now: now, next: try head() + 1)
    let failure = try reading { (state) throws(StateUnreadable) -> DecisionFailure? in
      do throws(DecisionFailure) { _ = try command.decide(state, context) } catch { return error }
      return nil
    }
    if let failure { throw LedgerError(failure) }
  }

  /// What the clock says.
  var now: Timestamp { Timestamp(milliseconds: configuration.clock()) }

  /// Writes beside the log on the writer's thread, durably.
  func upkeep<Output: Sendable>(
    _ body: @escaping LogWriter<ProjectionSet>.Upkeep<Output>
  ) async throws(LedgerError) -> Output {
    guard let writer = log.writer else {
      throw LedgerError(.closed, "the ledger is open for reading only; open it for writing")
    }
    do { return try await writer.upkeep(body) } catch { throw LedgerError(error) }
  }

  /// Reads the state of this moment.
  func reading<Result: Sendable>(
    _ body: (borrowing LedgerState) throws(StateUnreadable) -> Result
  ) throws(LedgerError) -> Result {
    let snapshot = try logged { () throws(LogError) in try log.snapshot() }
    do throws(StateUnreadable) {
      return try snapshot.withState(orThrow: { StateUnreadable($0.text) }, body)
    } catch { throw LedgerError(error) }
  }

  /// Asks the state of this moment something that the rules may refuse.
  func asking<Result: Sendable>(
    _ body: (borrowing LedgerState) throws(DecisionFailure) -> Result
  ) throws(LedgerError) -> Result {
    let snapshot = try logged { () throws(LogError) in try log.snapshot() }
    do throws(DecisionFailure) {
      return try snapshot.withState(orThrow: { .unreadable(StateUnreadable($0.description)) }, body)
    } catch { throw LedgerError(error) }
  }

  /// Runs what may take long (files, cold pages, scrypt) on a thread for reading.
  func blocking<Result: Sendable>(
    _ body: @escaping @Sendable () throws(LedgerError) -> Result
  ) async throws(LedgerError) -> Result {
    let outcome: Swift.Result<Result, LedgerError>
    do throws(LogError) {
      outcome = try await log.readers.run { Swift.Result(catching: body) }
    } catch { throw LedgerError(error) }
    return try outcome.get()
  }

  /// Prepares a request: names it, and makes its idempotency key and its randomness.
  ///
  /// - Parameters:
  ///   - caller: within whose keys the idempotency key is unique.
  ///   - parts: everything that was asked; two requests with the same parts are the same.
  func prepare(_ context: RequestContext, caller: String, _ parts: String...) throws(LedgerError) -> PreparedRequest {
    try prepare(context) { (caller, parts) }
  }

  /// The same, for the busiest requests: what was asked is put into words only where an idempotency key needs it.
  func prepare(
    _ context: RequestContext, asked: () -> (caller: String, parts: [String])
  ) throws(LedgerError) -> PreparedRequest {
    let requestID = Array((context.requestID ?? "").utf8)
    guard requestID.count <= 64 else {
      throw LedgerError(.invalidValue, "requestID: expected at most 64 bytes", field: "requestID")
    }
    let address = context.address ?? ""
    guard address.utf8.count <= 64 else {
      throw LedgerError(.invalidValue, "address: expected at most 64 bytes", field: "address")
    }
    guard let text = context.idempotencyKey else {
      return PreparedRequest(requestID: requestID, address: address, idempotency: nil, random: configuration.random)
    }
    guard (1...255).contains(text.utf8.count) else {
      throw LedgerError(.invalidValue, "idempotencyKey: expected 1 to 255 bytes", field: "idempotencyKey")
    }
    let (caller, parts) = asked()
    // Lengths before the parts, so that no two requests run together to the same bytes.
    let framed = parts.map { "\($0.utf8.count):\($0)" }.joined()
    let derivation = try keyed { () throws(KeyStoreError) in try keyStore.derivationKey }
    let key = HMACSHA256.authenticate(Array("key\0\(caller)\0\(text)".utf8), key: derivation)
    let request = HMACSHA256.authenticate(Array("request\0\(framed)".utf8), key: derivation)
    let seed = HMACSHA256.authenticate(key.bytes + request.bytes, key: derivation)
    return PreparedRequest(
      requestID: requestID, address: address,
      idempotency: unsafe IdempotencyKey(
        key: InlineBytes16(prefixOf: key.bytes.span.bytes), request: InlineBytes16(prefixOf: request.bytes.span.bytes)),
      random: DeterministicRandom(seed: Secret(copying: seed)))
  }

  // MARK: Personal data

  /// Seals a text under a person's key.
  func seal(_ text: String, for person: PersonID, _ purpose: Purpose) throws(LedgerError) -> Sealed {
    let value = try keyed { () throws(KeyStoreError) in try keyStore.vault.seal(text, for: person, purpose: purpose) }
    return Sealed(person: value.person.bytes, box: value.box)
  }

  /// The person that an account is.
  func person(of account: AccountID) throws(LedgerError) -> PersonID {
    let found = try reading { (state) throws(StateUnreadable) in try state.account(account) }
    guard let found, let person = PersonID(bytes: found.subject.person) else {
      throw LedgerError(
        Refusal(.notFound, field: "account", expected: "an account of this ledger, and \(account) is none"))
    }
    return person
  }

  /// Makes a key for a new person.
  func newPerson() throws(LedgerError) -> PersonID { try newPersons(1)[0] }

  private func seal(_ request: PreparedRequest, for account: AccountID?) async throws(LedgerError) -> [UInt8] {
    guard !request.address.isEmpty, account != nil || request.person != nil else { return [] }
    return try await blocking { [self] () throws(LedgerError) in
      let owner = if let account { Optional(try person(of: account)) } else { request.person }
      guard let owner else { return [] }
      let sealed = try seal(request.address, for: owner, .originAddress)
      return sealed.personBytes + sealed.boxBytes
    }
  }
}

/// A request with everything that its decision needs from outside.
struct PreparedRequest: Sendable {
  var requestID: [UInt8] = []
  var address = ""
  /// Whose key seals the address, where no account is named that says it.
  var person: PersonID?
  var idempotency: IdempotencyKey?
  /// With an idempotency key, derived from it and the request: so asking again makes the very same secrets, and they
  /// need not be kept.
  var random: any RandomSource = SystemRandom()
}

extension RecordedEvents {
  /// What the log answered.
  init(_ committed: Committed<LedgerEvent>) {
    self.init(first: committed.first, time: Timestamp(milliseconds: committed.time), events: committed.events)
  }
}
