import LedgerDomain
import LedgerEvents

// What is asked about groups, and in what order it is encoded: fixed for good, as ``RequestEncoding`` says.

extension RequestEncoding {
  static func createGroup(
    name: String, kind: GroupKind, welcomeMessage: String, members: [Groups.NewMember],
    below parent: GroupID? = nil, for creator: AccountID
  ) -> Self {
    let members = RequestField.list(members.map(RequestField.member))
    // Without a parent as versions before had it, so that a key used then is still known.
    guard let parent else {
      return Self(
        .createGroup, .id(creator), .text(name), .integer(kind.rawValue), .text(welcomeMessage), members)
    }
    return Self(
      .createGroup, .id(creator), .text(name), .integer(kind.rawValue), .text(welcomeMessage), members, .id(parent))
  }

  static func add(_ member: Groups.NewMember, to group: GroupID) -> Self {
    Self(.addMember, .id(group), .member(member))
  }

  static func add(_ members: [Groups.NewMember], to group: GroupID) -> Self {
    Self(.addMembers, .id(group), .list(members.map(RequestField.member)))
  }

  static func changeRole(of membership: MembershipID, in group: GroupID, to role: Role) -> Self {
    Self(.changeMemberRole, .id(group), .id(membership), .integer(role.rawValue))
  }

  static func accept(_ invitation: MembershipID) -> Self { Self(.acceptInvitation, .id(invitation)) }

  static func remove(_ membership: MembershipID, from group: GroupID) -> Self {
    Self(.removeMember, .id(group), .id(membership))
  }

  static func remove(_ memberships: [MembershipID], from group: GroupID) -> Self {
    Self(.removeMembers, .id(group), .list(memberships.map { .id($0) }))
  }

  static func rename(_ group: GroupID, to name: String) -> Self { Self(.renameGroup, .id(group), .text(name)) }

  static func delete(_ group: GroupID) -> Self { Self(.deleteGroup, .id(group)) }

  static func attach(_ subgroup: GroupID, to group: GroupID) -> Self {
    Self(.attachSubgroup, .id(subgroup), .id(group))
  }

  static func detach(_ subgroup: GroupID, from group: GroupID) -> Self {
    Self(.detachSubgroup, .id(subgroup), .id(group))
  }

  static func subscribe(_ people: [Groups.Person], to group: GroupID) -> Self {
    Self(.subscribe, .id(group), .list(people.map(RequestField.person)))
  }

  static func unsubscribe(_ people: [Groups.Person], from group: GroupID) -> Self {
    Self(.unsubscribe, .id(group), .list(people.map(RequestField.person)))
  }

  static func end(_ subscription: SubscriptionID, to group: GroupID) -> Self {
    Self(.endSubscription, .id(group), .id(subscription))
  }
}

extension RequestField {
  fileprivate static func person(_ person: Groups.Person) -> Self {
    switch person {
    case .account(let id): .list([.number(1), .id(id)])
    case .number(let number): .list([.number(2), .text(number.digits)])
    }
  }

  fileprivate static func member(_ member: Groups.NewMember) -> Self {
    .list([.person(member.person), .integer(member.role.rawValue)])
  }
}
