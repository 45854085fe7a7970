package import LedgerCrypto
package import LedgerEvents

/// Erases a person: the account is disabled for good, its phones are free, and the person's key is to be destroyed once
/// the events are durable.
///
/// The keys go after the events: what is recorded can be finished whenever the ledger is opened, whereas a key that is
/// gone without a word in the log could not be told from a lost one.
package struct EraseSubject: Command {
  /// Who is erased.
  package enum Target: Sendable, Equatable {
    /// An account, with the numbers that it holds now.
    case account(AccountID)
    /// A number that no account holds: keyed hash of its E.164 form.
    case number(Digest)
  }

  package var target: Target
  /// An operator, or of an account its holder.
  package var requester: Requester
  /// What holds for the holder of an account.
  package var limits: SelfErasureLimits

  package init(_ target: Target, requester: Requester, limits: SelfErasureLimits = SelfErasureLimits()) {
    self.target = target
    self.requester = requester
    self.limits = limits
  }

  package func decide(
    _ state: borrowing some DomainReader & ~Copyable, _ context: DecisionContext
  ) throws(DecisionFailure) -> Decision {
    switch target {
    case .account(let id):
      guard requester == .operator || requester == .account(id) else { throw .operatorRequired }
      guard let account = try read(state.account(id)) else {
        throw .refused(.notFound, field: "account", expected: "a registered account")
      }
      guard !account.isErased else { return Decision(by: requester) }
      try state.requireAuthority(requester, to: .erase, account)
      if requester == .account(id) { try limits.require(account, in: state, at: context.now) }
      var persons: [[UInt8]] = []
      for phone in try read(state.phones(of: id)) {
        guard let number = try read(state.number(of: phone)), let person = try read(state.person(ofNumber: number))
        else { continue }
        persons.append(person)
      }
      var events = persons.prefix(Self.eventLimit).map { LedgerEvent.subjectErased(SubjectErased($0)) }
      // The account goes last: by its phones the others are found.
      if events.count < Self.eventLimit {
        events.append(.subjectErased(SubjectErased(account.subject.personBytes, id)))
      }
      return Decision(by: requester, events: events)
    case .number(let number):
      guard requester == .operator else { throw .operatorRequired }
      guard try read(state.phone(number: number)) == nil else {
        throw .refused(
          .conflict, field: "number", expected: "a number that no account holds", remedy: "erase the account")
      }
      guard let person = try read(state.person(ofNumber: number)) else {
        throw .refused(.notFound, field: "number", expected: "a number that the ledger knows")
      }
      return Decision(by: requester, .subjectErased(SubjectErased(person)))
    }
  }

  /// The persons whose keys are to be destroyed, 16 bytes each; none where nothing was left to erase.
  package func outcome(of recorded: RecordedEvents) -> [[UInt8]] {
    recorded.events.compactMap { if case .subjectErased(let event) = $0 { Array(event.person) } else { nil } }
  }

  private static let eventLimit = 8
}

extension SubjectErased {
  fileprivate init(_ person: [UInt8], _ account: AccountID? = nil) {
    self.init()
    self.person = .init(person)
    self.account = account?.rawValue ?? 0
  }
}
