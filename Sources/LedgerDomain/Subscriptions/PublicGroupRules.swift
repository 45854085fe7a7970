import LedgerEvents

/// Bounds of requests about subscribers.
@usableFromInline package enum SubscriberLimits {
  /// How many people a request may name.
  package static let named = 100
  /// How many subscribers a page may have.
  @usableFromInline package static let page = 50
}

extension DomainReader where Self: ~Copyable {
  /// The public group whose subscribers somebody wants to change or see. It can be found by everybody; other groups
  /// only by their members.
  ///
  /// - Parameter isForSelf: whether it is about the requester alone. What is about others is an admin's to ask for.
  /// - Throws: ``ErrorCode/accountDisabled``, ``ErrorCode/notFound``, ``ErrorCode/gone``,
  ///   ``ErrorCode/invalidValue`` of a group that is not public, ``ErrorCode/forbidden``.
  func requirePublicGroup(
    _ id: GroupID, by requester: Requester, isForSelf: Bool = false
  ) throws(DecisionFailure) -> Group {
    try requireActive(requester)
    let membership = try requester.account.flatMap { (account) throws(DecisionFailure) in
      try self.membership(in: id, of: account)
    }
    guard let group = try read(self.group(id)),
      group.kind == .connectGroup || membership != nil || requester.account == nil
    else {
      throw .refused(.notFound, field: "group", expected: "a public group, or one that you are a member of")
    }
    guard !group.isDeleted else { throw .refused(.gone, field: "group", expected: "a group that is not deleted") }
    guard group.kind == .connectGroup else {
      throw .refused(.invalidValue, field: "group", expected: "a public group: others have no subscribers")
    }
    guard requester.account == nil || membership?.role == .admin || isForSelf else { throw .adminRequired }
    return group
  }

  /// The subscriptions that somebody has to a group: one as a rule; two where a number was verified by an account that
  /// was a subscriber already.
  func subscriptions(of person: FoundPerson, in group: GroupID) throws(DecisionFailure) -> [SubscriptionID] {
    var found: Set<SubscriptionID> = []
    if let account = person.account {
      if let id = try read(subscription(of: account, in: group)) { found.insert(id) }
      for phone in try read(phones(of: account)) {
        guard let number = try read(number(of: phone)) else { continue }
        if let id = try read(subscription(number: number, in: group)) { found.insert(id) }
      }
    }
    if let number = person.number, let id = try read(subscription(number: number, in: group)) { found.insert(id) }
    return found.sorted()
  }
}
