public import LedgerEvents

/// A person's subscription to a public group: it hears what the group publishes, and is no member.
public struct GroupSubscription: Sendable, Equatable {
  public var id: SubscriptionID
  public var group: GroupID
  /// The subscriber's account; nil while no account holds the number. The person who verifies the number becomes the
  /// subscriber, unless already one of the group by another subscription.
  public var account: AccountID?
  /// The number that the subscriber was added by, where it was by number.
  package var number: Sealed?
  public var isRemoved: Bool

  package init(id: SubscriptionID, group: GroupID, account: AccountID?, number: Sealed?, isRemoved: Bool) {
    self.id = id
    self.group = group
    self.account = account
    self.number = number
    self.isRemoved = isRemoved
  }
}
