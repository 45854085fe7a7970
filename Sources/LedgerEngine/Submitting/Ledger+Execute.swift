package import EventLog
package import LMDB
package import LedgerDomain
package import LedgerEvents
package import Projections

extension Ledger {
  /// Decides a command on the writer's thread, and answers once its events are durable.
  ///
  /// - Parameter request: made by ``submit(_:proposing:context:)`` and what stands beside it.
  package func perform<C: Command>(
    _ command: C, _ request: PreparedRequest, correctingClock: Bool = false
  ) async throws(LedgerError) -> Performed<C.Outcome> {
    guard let writer = log.writer else {
      throw LedgerError(.closed, "the ledger is open for reading only; open it for writing")
    }
    let began = observer == nil ? nil : ContinuousClock.now
    let address = try await seal(request)
    let options = AppendOptions(requestID: request.requestID, correctsClock: correctingClock)
    let committed: Committed<LedgerEvent>
    do {
      committed = try await writer.append(options, once: Self.once(command, request.keyed)) {
        (view, moment) throws(AppendFailure<DecisionFailure>) in
        var decision = try decide(command, in: view, moment)
        if let used = try Self.requireApproval(of: decision, request, in: view, moment) { decision.events.append(used) }
        return AppendProposal(
          decision.events, try Self.recordContext(of: decision, request, address: address, in: view),
          kept: decision.kept)
      }
    } catch {
      let failure = LedgerError(error)
      observe(C.self, since: began, failure.code)
      throw failure
    }
    observe(C.self, since: began, nil)
    return Performed(outcome: command.outcome(of: RecordedEvents(committed)), earlierMemo: committed.earlierMemo)
  }

  /// Tells the observer how a command ended; nobody where there is no observer.
  ///
  /// - Parameter began: when it was asked for; nil where there is no observer.
  private func observe<C: Command>(
    _ command: C.Type, since began: ContinuousClock.Instant?, _ failure: LedgerError.Code?
  ) {
    guard let began, let observer else { return }
    observer.performed("\(command)", failure: failure, in: ContinuousClock.now - began)
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
            state, DecisionContext(now: Timestamp(milliseconds: moment.now), next: Position(moment.next)))
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
      actor: LogSubject(decision.actor), onBehalfOf: decision.onBehalfOf.map { LogSubject($0) },
      authority: request.authority, address: address, reason: request.reason, ticket: request.ticket)
  }

  /// Refuses what the command line asks for where nobody answers for it, or somebody who may not: before anything is done
  /// that no event can take back.
  package func requireNamed(_ request: PreparedRequest) throws(LedgerError) {
    try asking { (state) throws(DecisionFailure) in
      try state.requireNamed(request.namedOperator, as: .operator)
    }
  }

  /// Decides a command on the current state without recording anything.
  ///
  /// - Throws: what ``submit(_:in:)`` would refuse it for now.
  package func dryRun(_ command: some Command) throws(LedgerError) {
    let context = DecisionContext(now: try now, next: try head().next)
    let failure = try reading { (state) throws(StateUnreadable) -> DecisionFailure? in
      do throws(DecisionFailure) { _ = try command.decide(state, context) } catch { return error }
      return nil
    }
    if let failure { throw LedgerError(failure) }
  }

  /// Writes beside the log on the writer's thread, durably.
  package func maintain<Output: Sendable>(
    _ body: @escaping LogWriter<ProjectionSet>.Maintenance<Output>
  ) async throws(LedgerError) -> Output {
    guard let writer = log.writer else {
      throw LedgerError(.closed, "the ledger is open for reading only; open it for writing")
    }
    do { return try await writer.maintain(body) } catch { throw LedgerError(error) }
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
}

extension RecordedEvents {
  /// What the log answered.
  package init(_ committed: Committed<LedgerEvent>) {
    self.init(
      first: Position(committed.first), time: Timestamp(milliseconds: committed.time), events: committed.events)
  }
}
