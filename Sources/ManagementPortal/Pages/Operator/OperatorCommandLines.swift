import CredentialLedger

/// What does at the command line what the forms for operators do. A word in capitals is a place to fill in.
extension ManagementPortal {
  /// For the forms of a person's page: those that it has for this account.
  ///
  /// - Parameter needsTwo: whether another operator approves a change of roles.
  static func personLines(_ account: Account, needsTwo: Bool) -> [String] {
    let id = account.id.description
    var lines = ["credledger account show \(id)"]
    guard !account.isErased else { return lines }
    if account.role != .operator {
      let proposed = needsTwo ? " --propose --reason REASON" : ""
      for role in roles where role != account.role {
        lines.append("credledger account role \(id) \(role.argument)\(proposed)")
      }
    }
    lines.append(
      account.isDisabled
        ? "credledger account enable \(id)" : "credledger account disable \(id) --reason REASON")
    return lines
  }

  /// For the forms of a proposal's page.
  ///
  /// - Parameters:
  ///   - change: what is proposed, where the portal makes it.
  ///   - isOwn: whether the viewer proposed it, and so decides nothing but to take it back.
  static func proposalLines(
    _ proposal: ChangeProposal, _ change: ProposedChange?, isOwn: Bool, at now: Timestamp
  ) -> [String] {
    let number = proposal.id.rawValue
    var lines = ["credledger proposal show \(number)"]
    guard proposal.isOfUse(at: now) else { return lines }
    if isOwn {
      lines.append("credledger proposal withdraw \(number)")
    } else {
      if proposal.status == .open { lines.append("credledger proposal approve \(number)") }
      lines.append("credledger proposal reject \(number) --reason REASON")
    }
    if proposal.status == .approved, let line = line(of: change) { lines.append("\(line) --proposal \(number)") }
    return lines
  }

  /// The command of a change that the portal makes by a proposal.
  private static func line(of change: ProposedChange?) -> String? {
    switch change {
    case .eraseAccount(let id)?: "credledger erase \(id.description)"
    case .changeRole(let id, let role)?: "credledger account role \(id.description) \(role.argument)"
    case .rotateSigningKey?: "credledger key rotate-signing"
    default: nil
    }
  }

  /// For a change that two operators make: proposed, or by the proposal that was approved.
  static func guardedLine(_ line: String, isProposed: Bool, by proposal: ProposalID? = nil) -> String {
    if let proposal { return "\(line) --proposal \(proposal.rawValue)" }
    return isProposed ? "\(line) --propose --reason REASON" : line
  }
}

extension AccountRole {
  /// How `credledger account role` calls it.
  fileprivate var argument: String {
    switch self {
    case .user, .unspecified, .UNRECOGNIZED: "user"
    case .tenantAdmin: "tenant-admin"
    case .auditor: "auditor"
    case .operator: "operator"
    }
  }
}
