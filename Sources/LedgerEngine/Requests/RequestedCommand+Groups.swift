package import LedgerDomain
import LedgerEvents

// Commands about groups, with what is asked in the order in which it is encoded: fixed for good, as ``RequestEncoding`` says.

extension DeleteGroup: RequestedCommand {
  package var encoding: RequestEncoding { RequestEncoding(.deleteGroup, .id(group)) }
}

extension RenameGroup: RequestedCommand {
  package var encoding: RequestEncoding { RequestEncoding(.renameGroup, .id(group), .text(name)) }
}

extension ChangeMemberRole: RequestedCommand {
  package var encoding: RequestEncoding {
    RequestEncoding(.changeMemberRole, .id(group), .id(membership), .integer(role.rawValue))
  }
}

extension RemoveMember: RequestedCommand {
  package var encoding: RequestEncoding { RequestEncoding(.removeMember, .id(group), .id(membership)) }
}

extension RemoveMembers: RequestedCommand {
  package var encoding: RequestEncoding {
    RequestEncoding(.removeMembers, .id(group), .list(memberships.map { .id($0) }))
  }
}

extension AcceptInvitation: RequestedCommand {
  package var requester: Requester { .account(account) }
  package var encoding: RequestEncoding { RequestEncoding(.acceptInvitation, .id(invitation)) }
}

extension AttachSubgroup: RequestedCommand {
  package var encoding: RequestEncoding { RequestEncoding(.attachSubgroup, .id(subgroup), .id(group)) }
}

extension AttachSubgroups: RequestedCommand {
  package var encoding: RequestEncoding {
    RequestEncoding(.attachSubgroups, .id(group), .list(subgroups.map { .id($0) }))
  }
}

extension DetachSubgroup: RequestedCommand {
  package var encoding: RequestEncoding { RequestEncoding(.detachSubgroup, .id(subgroup), .id(group)) }
}
