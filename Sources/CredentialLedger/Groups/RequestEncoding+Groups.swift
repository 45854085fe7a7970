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
