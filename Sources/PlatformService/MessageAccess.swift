import CredentialLedger
import HTTPSupport

/// Who reads and who writes the messages of a group.
extension PlatformCall {
  /// The group that the path names, where its messages are for the caller: to a person those of groups that it is a member
  /// of, as in the portal, and to a group's token those of its group and of what hangs below it.
  func groupToRead() throws(RequestError) -> VisibleGroup {
    let place = try group()
    guard place.role != nil || claims.group != nil else {
      throw RequestError(.forbidden, "The messages of a group are for its members.")
    }
    return place
  }

  /// The same, where the caller may write as well: in a public group its admins do.
  func groupToWrite() throws(RequestError) -> VisibleGroup {
    let place = try groupToRead()
    guard place.group.kind == .connectGroup else { return place }
    var role = place.role
    if role == nil {
      // Of a group below that of the token, what the granter is there decides.
      role = try service.asking { () throws(LedgerError) in
        try service.ledger.groups.membership(of: claims.granter, in: place.group.id)?.role
      }
    }
    guard role == .admin else { throw RequestError(.forbidden, "In a public group admins write.") }
    return place
  }
}
