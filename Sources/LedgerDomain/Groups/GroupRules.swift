import LedgerEvents

extension DomainReader where Self: ~Copyable {
  /// The group, and what the requester is in it: nil for an operator. To others who are no members it does not exist.
  /// - Throws: ``ErrorCode/accountDisabled``, ``ErrorCode/notFound`` or ``ErrorCode/gone``.
  func requireMember(
    of id: GroupID, by requester: Requester
  ) throws(DecisionFailure) -> (group: Group, membership: Membership?) {
    try requireActive(requester)
    let membership = try requester.account.flatMap { (account) throws(DecisionFailure) in
      try self.membership(in: id, of: account)
    }
    guard let group = try read(self.group(id)), membership != nil || requester.account == nil else {
      guard let account = requester.account else {
        throw .refused(.notFound, field: "group", expected: "a group of this ledger")
      }
      // Who asks may be somebody else, such as an operator.
      throw .refused(
        .notFound, field: "group", expected: "a group that \(account) is a member of",
        remedy: "\(account) is no member of \(id)")
    }
    guard !group.isDeleted else {
      throw .refused(.gone, field: "group", expected: "a group that is not deleted")
    }
    return (group, membership)
  }

  /// The group that an admin of it wants to change.
  /// - Throws: as ``requireMember(of:by:)``, and ``ErrorCode/forbidden``.
  func requireAdmin(
    of id: GroupID, by requester: Requester
  ) throws(DecisionFailure) -> Group {
    let (group, membership) = try requireMember(of: id, by: requester)
    guard membership == nil || membership?.role == .admin else { throw .adminRequired }
    return group
  }

  /// What an account is in a group; nil for one that is no member.
  func membership(in group: GroupID, of account: AccountID) throws(DecisionFailure) -> Membership? {
    guard let id = try read(membership(of: account, in: group)) else { return nil }
    return try read(membership(id))
  }

  /// A member of the group, who is not removed.
  /// - Throws: ``ErrorCode/notFound`` or ``ErrorCode/gone``.
  func requireMembership(_ id: MembershipID, in group: GroupID) throws(DecisionFailure) -> Membership {
    guard let membership = try read(self.membership(id)), membership.group == group else {
      throw .refused(.notFound, field: "membership", expected: "a member of the group")
    }
    guard !membership.isRemoved else {
      throw .refused(.gone, field: "membership", expected: "a member who was not removed")
    }
    return membership
  }
}

extension Group {
  /// - Throws: ``ErrorCode/lastAdmin`` if nobody but this member administers the group.
  func requireAdmin(besides membership: Membership) throws(DecisionFailure) {
    guard membership.role != .admin || membership.isInvitation || adminCount > 1 else {
      throw .refused(
        .lastAdmin, field: "membership", expected: "another admin in the group",
        remedy: "make another member an admin first, or delete the group")
    }
  }

  static let nameRule = TextRule(field: "name", characters: 1...100)
}

extension Role {
  /// - Throws: ``ErrorCode/invalidValue`` unless it is one that a person can have.
  func checked() throws(DecisionFailure) -> Role {
    guard self == .member || self == .admin else {
      throw .refused(.invalidValue, field: "role", expected: "member or admin")
    }
    return self
  }
}

extension DecisionFailure {
  static var adminRequired: Self {
    .refused(.forbidden, field: "requester", expected: "an admin of the group", remedy: "ask an admin of the group")
  }
}
