package import EventLog
import KeyStore
package import LMDB
import LedgerCrypto
package import LedgerDomain
package import LedgerEvents
package import Projections

extension Ledger {
  /// Decides a command on the writer's thread, and answers once its events are durable.
  package func perform<C: Command>(
    _ command: C, by account: AccountID? = nil, _ request: PreparedRequest = PreparedRequest(),
    correctingClock: Bool = false
  ) async throws(LedgerError) -> Performed<C.Outcome> {
    guard let writer = log.writer else {
      throw LedgerError(.closed, "the ledger is open for reading only; open it for writing")
    }
    let address = try await seal(request, for: account)
    let options = AppendOptions(requestID: request.requestID, correctsClock: correctingClock)
    let committed: Committed<LedgerEvent>
    do {
      committed = try await writer.append(options, once: Self.once(command, request.keyed)) {
        (view, moment) throws(AppendFailure<DecisionFailure>) in
        var decision = try decide(command, in: view, moment)
        if let used = try Self.requireApproval(of: decision, request, in: view, moment) { decision.events.append(used) }
        return Proposal(
          decision.events, try Self.recordContext(of: decision, request, address: address, in: view),
          kept: decision.kept)
      }
    } catch { throw LedgerError(error) }
    return Performed(outcome: command.outcome(of: RecordedEvents(committed)), earlierMemo: committed.earlierMemo)
  }

  /// Decides a command on the writer's thread, and answers once its events are durable.
  package func execute<C: Command>(
    _ command: C, by account: AccountID? = nil, _ request: PreparedRequest = PreparedRequest()
  ) async throws(LedgerError) -> C.Outcome {
    try await perform(command, by: account, request).outcome
  }

  /// Decides a command that records digests of secrets, and answers with those secrets. A repeated request gets the ones
  /// that were made when it was first performed.
  ///
  /// - Parameters:
  ///   - make: makes the secrets.
  ///   - command: makes the command of them.
  package func execute<C: Command, Made: Sendable>(
    by account: AccountID?, _ request: PreparedRequest,
    making make: (RequestSecrets) throws(LedgerError) -> Made, _ command: (Made) async throws(LedgerError) -> C
  ) async throws(LedgerError) -> (outcome: C.Outcome, made: Made) {
    let made = try make(request.secrets)
    let performed = try await perform(command(made), by: account, request)
    guard let memo = performed.earlierMemo, let keyed = request.keyed else { return (performed.outcome, made) }
    return (performed.outcome, try make(.derived(logged { () throws(LogError) in try keyed.nonce(in: memo) })))
  }

  /// Who may have the answer that an earlier request with the same idempotency key got: only a requester that the command admits
  /// learns whether the key was used for another request.
  private static func once(
    _ command: some Command, _ keyed: KeyedRequest?
  ) -> LogWriter<ProjectionSet>.Once<DecisionFailure>? {
    guard let keyed else { return nil }
    return LogWriter.Once(keyed.key) { (view, moment, memo) throws(AppendFailure<DecisionFailure>) in
      do throws(DecisionFailure) {
        try view.withState(orThrow: { .unreadable(StateUnreadable($0.text)) }) { (state) throws(DecisionFailure) in
          try command.admit(
            state, DecisionContext(now: Timestamp(milliseconds: moment.now), next: moment.next))
        }
      } catch { throw .refused(error) }
      do throws(LogError) { try keyed.requireSame(as: memo) } catch { throw .log(error) }
    }
  }

  /// Refuses what needs a second operator and has none.
  ///
  /// - Returns: the event that uses up the proposal by which it is done; nil where none is needed.
  @inline(__always)
  package static func requireApproval(
    of decision: Decision, _ request: PreparedRequest, in view: borrowing LogView<WriteTransaction, ProjectionSet>,
    _ moment: Moment
  ) throws(AppendFailure<DecisionFailure>) -> LedgerEvent? {
    // What the ledger records by itself was done, or asked for, before.
    guard !request.isAutomatic else { return nil }
    do throws(DecisionFailure) {
      return try view.withState(orThrow: { .unreadable(StateUnreadable($0.text)) }) { (state) throws(DecisionFailure) in
        try state.requireApproval(
          of: decision.events, by: decision.actor, request.approval, at: Timestamp(milliseconds: moment.now))
      }
    } catch { throw .refused(error) }
  }

  /// What stands in the records of a decision besides its events.
  ///
  /// - Throws: a refusal where nobody answers for what the command line asks, or somebody who may not.
  package static func recordContext(
    of decision: Decision, _ request: PreparedRequest, address: [UInt8] = [],
    in view: borrowing LogView<WriteTransaction, ProjectionSet>
  ) throws(AppendFailure<DecisionFailure>) -> RecordContext {
    if !request.isAutomatic, request.namedOperator != nil || decision.actor.kind == .operator {
      do throws(DecisionFailure) {
        try view.withState(orThrow: { .unreadable(StateUnreadable($0.text)) }) { (state) throws(DecisionFailure) in
          try state.requireNamed(request.namedOperator, as: decision.actor)
        }
      } catch { throw .refused(error) }
    }
    return RecordContext(
      actor: LogSubject(decision.actor), behalf: decision.behalf.map { LogSubject($0) }, authority: request.authority,
      address: address, reason: request.reason, ticket: request.ticket)
  }

  /// Refuses what the command line asks for where nobody answers for it, or somebody who may not: before anything is done
  /// that no event can take back.
  package func requireNamed(_ request: PreparedRequest) throws(LedgerError) {
    try asking { (state) throws(DecisionFailure) in
      try state.requireNamed(request.namedOperator, as: .operator)
    }
  }

  /// Decides a command on the state of this moment, and lets nothing happen.
  ///
  /// - Throws: what ``execute(_:by:_:)`` would refuse it for now.
  package func rehearse(_ command: some Command) throws(LedgerError) {
    let context = DecisionContext(now: try now, next: try head() + 1)
    let failure = try reading { (state) throws(StateUnreadable) -> DecisionFailure? in
      do throws(DecisionFailure) { _ = try command.decide(state, context) } catch { return error }
      return nil
    }
    if let failure { throw LedgerError(failure) }
  }

  /// Writes beside the log on the writer's thread, durably.
  package func upkeep<Output: Sendable>(
    _ body: @escaping LogWriter<ProjectionSet>.Upkeep<Output>
  ) async throws(LedgerError) -> Output {
    guard let writer = log.writer else {
      throw LedgerError(.closed, "the ledger is open for reading only; open it for writing")
    }
    do { return try await writer.upkeep(body) } catch { throw LedgerError(error) }
  }

  /// A snapshot of the last commit. Some hundred nanoseconds; use it at once, on this thread.
  package func snapshot() throws(LedgerError) -> LogSnapshot<ProjectionSet> {
    do throws(LogError) { return try log.snapshot() } catch { throw LedgerError(error) }
  }

  /// Reads the state of this moment.
  package func reading<Result: Sendable>(
    _ body: (borrowing LedgerState) throws(StateUnreadable) -> Result
  ) throws(LedgerError) -> Result {
    try reading(in: snapshot(), body)
  }

  /// Reads the state of the moment that a snapshot is of.
  package func reading<Result: Sendable>(
    in snapshot: borrowing LogSnapshot<ProjectionSet>,
    _ body: (borrowing LedgerState) throws(StateUnreadable) -> Result
  ) throws(LedgerError) -> Result {
    do throws(StateUnreadable) {
      return try snapshot.withState(orThrow: { StateUnreadable($0.text) }, body)
    } catch { throw LedgerError(error) }
  }

  /// Asks the state of this moment something that the rules may refuse.
  package func asking<Result: Sendable>(
    _ body: (borrowing LedgerState) throws(DecisionFailure) -> Result
  ) throws(LedgerError) -> Result {
    let snapshot = try self.snapshot()
    do throws(DecisionFailure) {
      return try snapshot.withState(orThrow: { .unreadable(StateUnreadable($0.description)) }, body)
    } catch { throw LedgerError(error) }
  }

  /// Runs what may take long (files, cold pages) on a thread for reading.
  ///
  /// - Throws: what `body` throws; `busy` where too much waits, `closed`.
  package func blocking<Result: Sendable>(
    _ length: ReaderThreads.Length = .long, _ body: @escaping @Sendable () throws(LedgerError) -> Result
  ) async throws(LedgerError) -> Result {
    let outcome: Swift.Result<Result, LedgerError>
    do throws(LogError) {
      outcome = try await log.readers.run(length) { Swift.Result(catching: body) }
    } catch { throw LedgerError(error) }
    return try outcome.get()
  }

  /// Prepares a request: names it, and makes its idempotency key and its randomness.
  ///
  /// - Parameters:
  ///   - scope: within whose keys the idempotency key is unique.
  ///   - answersAlike: whether the answer hides what was found. An idempotency key is then unique within what is asked, so
  ///     that it is never refused: otherwise that would tell that something was found.
  ///   - encoding: what is asked; made only where there is an idempotency key.
  package func prepare(
    _ context: RequestContext, within scope: @autoclosure () -> IdempotencyScope, answersAlike: Bool = false,
    _ encoding: @autoclosure () -> RequestEncoding
  ) throws(LedgerError) -> PreparedRequest {
    var request = try prepare(context)
    guard let text = context.idempotencyKey else { return request }
    guard (1...255).contains(text.utf8.count) else {
      throw LedgerError(.invalidValue, "idempotencyKey: expected 1 to 255 bytes", field: "idempotencyKey")
    }
    let asked = encoding()
    // What one operator was answered is not another's.
    var own = scope().field
    if let named = context.namedOperator { own = .list([own, .id(named)]) }
    let derivations = try keyed { () throws(KeyStoreError) in try keyStore.derivationKeys }
    guard let newest = derivations.first else { throw LedgerError(.damaged, "the keyring holds no derivation key") }
    let within = own
    let keyed = try drawn { () throws(CryptoError) in
      try KeyedRequest(
        text, within: answersAlike ? .list([within, .bytes(asked.bytes)]) : within, asked, newest: newest,
        earlier: Array(derivations.dropFirst()), random: configuration.random)
    }
    request.keyed = keyed
    request.secrets = .derived(keyed.nonce)
    return request
  }

  /// Prepares a request that is performed again each time it is asked for.
  package func prepare(_ context: RequestContext) throws(LedgerError) -> PreparedRequest {
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
    return request
  }

  /// The bytes of a text of one line that stays in the log for good; none where there is no text.
  private static func line(_ text: String?, _ field: String, bytes limit: Int) throws(LedgerError) -> [UInt8] {
    guard let text else { return [] }
    let line: String
    do throws(DecisionFailure) { line = try text.recordedLine(field, bytes: limit) } catch { throw LedgerError(error) }
    return Array(line.utf8)
  }

  // MARK: Personal data

  private func seal(_ request: PreparedRequest, for account: AccountID?) async throws(LedgerError) -> [UInt8] {
    guard !request.address.isEmpty, account != nil || request.person != nil else { return [] }
    let known = if let account { Optional(try person(of: account)) } else { request.person }
    guard let owner = known else { return [] }
    // Most often the key was used lately, and two changes of threads take longer than to seal.
    let value = try keyed { () throws(KeyStoreError) in
      try keyStore.vault.sealAtOnce(request.address, for: owner, purpose: .originAddress)
    }
    if let value { return value.person.bytes + value.box }
    return try await blocking(.short) { [self] () throws(LedgerError) in
      let sealed = try seal(request.address, for: owner, .originAddress)
      return sealed.personBytes + sealed.boxBytes
    }
  }
}

extension RecordedEvents {
  /// What the log answered.
  package init(_ committed: Committed<LedgerEvent>) {
    self.init(first: committed.first, time: Timestamp(milliseconds: committed.time), events: committed.events)
  }
}
