public import LedgerEvents

/// Why nothing that stands on a grant, a connector or an account is valid, if so: looked up along what it stands on
/// itself. Other objects are judged alone.
///
/// - Throws: ``StateUnreadable`` where a row that it stands on is missing.
public func obstacle(
  to subject: Subject, in state: borrowing some StandingReader & ~Copyable
) throws(StateUnreadable) -> Verdict.Reason? {
  guard let standing = try state.standing(of: subject.number), standing.kind == subject.kind else { return .unknown }
  switch subject.kind {
  case .grant:
    guard case .obstructed(let reason) = try state.examine(grant: GrantID(rawValue: subject.number), family: .max)
    else { return nil }
    return reason
  case .connector:
    if let reason = standing.obstacle(at: subject.number) { return reason }
    return try state.required(standing.parents[0], .account).obstacle(at: standing.parents[0])
  default:
    return standing.obstacle(at: subject.number)
  }
}
