package import LedgerEvents

extension DomainReader where Self: ~Copyable {
  /// The rule of what needs a second operator. It looks at the events that a decision makes and not at the command, so no
  /// command can go around it.
  ///
  /// - Parameters:
  ///   - events: what the decision makes.
  ///   - actor: who causes it.
  ///   - approval: by what right.
  ///   - now: the time that the events will carry.
  /// - Returns: the event that uses up the proposal, to be committed with the others; nil where none is needed and none was
  ///   named.
  /// - Throws: ``ErrorCode/approvalRequired`` where the rules need a proposal that another operator approved;
  ///   ``ErrorCode/notFound``, ``ErrorCode/conflict``, ``ErrorCode/gone`` or ``ErrorCode/forbidden`` of the field
  ///   `proposal` for one that is not of use.
  package func requireApproval(
    of events: [LedgerEvent], by actor: Subject, _ approval: Approval, at now: Timestamp
  ) throws(DecisionFailure) -> LedgerEvent? {
    guard !approval.isUsed else { return nil }
    var (kind, needed): (Oversight.Guarded?, DecisionFailure?) = (nil, nil)
    // One that needs none hides none that does.
    for event in events {
      guard let own = event.guardedKind(by: actor) else { continue }
      kind = own
      if needed == nil, try needsApproval(of: own, event) { needed = .approvalRequired(own, event) }
    }
    guard approval.proposal == nil else {
      if kind != nil { return try use(approval, by: actor, at: now) }
      // Where nothing is to be done, nothing is used up.
      guard events.isEmpty || approval.request != nil else { throw .noApprovalNeeded }
      return nil
    }
    if let needed { throw needed }
    return nil
  }

  /// Refuses a change whose events come after what no event can take back, and uses up its proposal.
  ///
  /// - Returns: the event that uses it up; nil where none is needed and none was named.
  /// - Throws: as ``requireApproval(of:by:_:at:)``.
  func requireApproval(
    of kind: Oversight.Guarded, _ approval: Approval, at now: Timestamp
  ) throws(DecisionFailure) -> LedgerEvent? {
    guard approval.proposal == nil else { return try use(approval, by: .operator, at: now) }
    guard try read(oversight()).guarded.contains(kind) else { return nil }
    throw .approvalRequired(kind)
  }

  private func needsApproval(of kind: Oversight.Guarded, _ event: LedgerEvent) throws(DecisionFailure) -> Bool {
    let guarded = try read(oversight()).guarded
    // The rules guard themselves, whatever else they guard: else one operator would turn them off.
    if case .oversightConfigured = event { return !guarded.isEmpty }
    return guarded.contains(kind)
  }

  private func use(
    _ approval: Approval, by actor: Subject, at now: Timestamp
  ) throws(DecisionFailure) -> LedgerEvent {
    guard let id = approval.proposal, let proposal = try read(self.proposal(id)) else { throw .unknownProposal }
    let executor = actor.kind == .account ? AccountID(unlessZero: actor.number) : approval.named
    try requireOperator(executor, field: "operator")
    guard let request = approval.request, request.kind == proposal.kind, request.digest == proposal.request,
      request.words == proposal.words
    else {
      throw .refused(
        .conflict, field: "proposal", expected: "the proposal of this very change, and it is of another",
        remedy: "make the change exactly as it was proposed, or propose this one")
    }
    guard proposal.status != .open else { throw .approvalRequired(proposal.kind) }
    try requireUsable(proposal, [.approved], at: now)
    guard let approver = proposal.approver, approver != proposal.proposer else {
      throw .approvalRequired(proposal.kind)
    }
    // Both answer for it when it is done, not only when they said so.
    try requireOperator(proposal.proposer, field: "proposal")
    try requireOperator(approver, field: "proposal")
    var event = ProposalDecided()
    event.proposal = id.rawValue
    event.decision = .executed
    event.operator = executor?.rawValue ?? 0
    return .proposalDecided(event)
  }

  /// - Throws: ``ErrorCode/gone`` for a proposal that expired or was decided otherwise.
  func requireUsable(
    _ proposal: ChangeProposal, _ statuses: [ChangeProposal.Status], at now: Timestamp
  ) throws(DecisionFailure) {
    let fault: String? =
      switch proposal.status {
      case let status where statuses.contains(status): now < proposal.expiresAt ? nil : "it expired after 72 hours"
      case .open, .approved: "it is \(proposal.status)"
      case .withdrawn: "it was withdrawn"
      case .rejected: "it was rejected"
      case .executed: "it was used"
      case .void: "the ledger was restored since it was made"
      }
    guard let fault else { return }
    throw .refused(
      .gone, field: "proposal", expected: "a proposal that is still of use, and \(fault)",
      remedy: "propose the change again")
  }

  /// - Throws: ``ErrorCode/forbidden`` for an account that has not the operator role in force.
  func requireOperator(_ id: AccountID?, field: String) throws(DecisionFailure) {
    guard let id, let account = try read(self.account(id)), account.role == .operator, !account.isDisabled,
      !account.isErased
    else {
      throw .refused(
        .forbidden, field: field,
        expected: field == "proposal"
          ? "a proposal whose operators both have the operator role and are not disabled"
          : "an account that has the operator role and is not disabled")
    }
  }
}

extension LedgerEvent {
  /// What kind of change it is of which rules may say that it needs two operators; nil for one of which they say nothing.
  /// People erase themselves without anybody's approval.
  fileprivate func guardedKind(by actor: Subject) -> Oversight.Guarded? {
    switch self {
    case .subjectErased: actor.kind == .operator ? .erasure : nil
    case .accountRoleChanged, .oversightConfigured: .roles
    case .accountRegistered(let event): event.role == .user ? nil : .roles
    case .keyRotated, .keyDropped, .signingKeyRotated, .masterKeyRotated: .keys
    // A restore is decided by its own command, before there is a log that it could be proposed in.
    default: nil
    }
  }
}

extension DecisionFailure {
  /// - Parameter event: what would be recorded. The registration of an account cannot be proposed: a proposal stays in the log, and
  ///   would hold a digest of who it is, which an erasure leaves there.
  static func approvalRequired(_ kind: Oversight.Guarded, _ event: LedgerEvent? = nil) -> Self {
    let remedy: String
    if case .accountRegistered? = event {
      remedy = "register the account with the role user, and propose the other role for it"
    } else {
      remedy = "propose the change, have another operator approve the proposal, and make the change by it"
    }
    return .refused(
      .approvalRequired, field: "proposal",
      expected:
        "a proposal of this change (\(kind.word)) that another operator approved, as the rules of this ledger need",
      remedy: remedy)
  }

  static var unknownProposal: Self {
    .refused(.notFound, field: "proposal", expected: "the number of a proposal")
  }

  fileprivate static var noApprovalNeeded: Self {
    .refused(.invalidValue, field: "proposal", expected: "none, as no rule can guard this change")
  }
}

extension Oversight.Guarded: CustomStringConvertible {
  /// What it is called where rules are shown and set.
  public var word: String {
    switch self {
    case .erasure: "erasure"
    case .roles: "roles"
    case .keys: "keys"
    case .restore: "restore"
    }
  }

  public var description: String { word }
}
