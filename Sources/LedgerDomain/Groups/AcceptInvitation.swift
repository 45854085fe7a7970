package import LedgerEvents

/// A person accepts an invitation to a number that it has verified, and is a member from then on.
///
/// An invitation carries no right before: somebody who knows a number could otherwise make its holder anything, read the account
/// behind it, or leave a role to somebody who gets the number years later.
package struct AcceptInvitation: Command {
  package var invitation: MembershipID
  package var account: AccountID

  package init(_ invitation: MembershipID, by account: AccountID) {
    self.invitation = invitation
    self.account = account
  }

  package func decide(
    _ state: borrowing some DomainReader & ~Copyable, _ context: DecisionContext
  ) throws(DecisionFailure) -> Decision {
    _ = try state.requireActiveAccount(account)
    // To everybody else it does not exist.
    guard let invitation = try read(state.membership(invitation)), !invitation.isRemoved,
      let phone = try state.phone(of: account, invitedBy: invitation.id)
    else {
      throw .refused(.notFound, field: "invitation", expected: "an invitation to a number that you have verified")
    }
    guard invitation.isInvitation else {
      guard invitation.account == account else {
        throw .refused(.gone, field: "invitation", expected: "an invitation that nobody has accepted")
      }
      return Decision(by: Subject(account))
    }
    guard !invitation.isExpired(at: context.now), try read(state.group(invitation.group))?.isDeleted == false else {
      throw .refused(
        .gone, field: "invitation", expected: "an invitation that is not over", remedy: "ask an admin for another")
    }
    guard try read(state.membership(of: account, in: invitation.group)) == nil else {
      throw .refused(.conflict, field: "invitation", expected: "to a group that you are no member of")
    }
    var event = GroupInvitationAccepted()
    event.group = invitation.group.rawValue
    event.membership = invitation.id.rawValue
    event.account = account.rawValue
    event.phone = phone.rawValue
    return Decision(by: Subject(account), .groupInvitationAccepted(event))
  }

  package func outcome(of recorded: RecordedEvents) {}
}

extension DomainReader where Self: ~Copyable {
  /// The verified phone of an account to whose number an invitation was made.
  fileprivate func phone(
    of account: AccountID, invitedBy invitation: MembershipID
  ) throws(DecisionFailure) -> PhoneID? {
    for phone in try read(phones(of: account)) {
      guard let number = try read(number(of: phone)) else { continue }
      if try read(memberships(number: number)).contains(invitation) { return phone }
    }
    return nil
  }
}
