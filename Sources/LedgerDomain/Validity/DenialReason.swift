package import LedgerEvents

/// Why nothing that depends on a grant, a connector or an account is valid, if so: looked up along what it depends on
/// itself. Other objects are judged alone.
///
/// - Throws: ``StateUnreadable`` where a row that it depends on is missing.
package func denialReason(
  for subject: Subject, in state: borrowing some StandingReader & ~Copyable
) throws(StateUnreadable) -> Verdict.Reason? {
  guard let standing = try state.standing(of: subject.number), standing.kind == subject.kind else { return .unknown }
  switch subject.kind {
  case .grant:
    let grant = GrantID(rawValue: subject.number)
    return try denialReason(forGrant: grant, newestFamily: state.newestFamily(of: grant), in: state)
  case .connector:
    if let reason = standing.denialReason(at: subject.number) { return reason }
    return try state.required(standing.parents[0], .account).denialReason(at: standing.parents[0])
  default:
    return standing.denialReason(at: subject.number)
  }
}

/// Why a grant gives no access, if so, as ``denialReason(for:in:)`` says it where the grant's row is at hand: two look-ups less.
///
/// - Parameter family: the newest one under the grant. It gives access by that alone: where that is revoked, it gives none
///   until it is given again.
/// - Throws: ``StateUnreadable`` where a row that it depends on is missing.
package func denialReason(
  forGrant grant: GrantID, newestFamily family: FamilyID?, in state: borrowing some StandingReader & ~Copyable
) throws(StateUnreadable) -> Verdict.Reason? {
  let family = family?.rawValue
  if case .denied(let reason) = try state.examine(grant: grant, family: family ?? .max) { return reason }
  return try family.flatMap { (family) throws(StateUnreadable) in
    try state.required(family, .family).denialReason(at: family)
  }
}
