public import LedgerEvents

/// Some of a public group's subscribers, in the order in which they were added.
public struct SubscriberPage: Sendable, Equatable {
  public var subscribers: [GroupSubscription]
  /// Where the next page begins: after this subscription. Nil where no more follow now.
  public var next: SubscriptionID?
}

extension DomainReader where Self: ~Copyable {
  /// A page of a public group's subscribers, to an admin of it.
  ///
  /// Pages follow the numbers of the subscriptions, which only grow: somebody who is a subscriber all the time is on exactly
  /// one page, however many come and go meanwhile. Costs a row and a look-up a subscriber.
  ///
  /// - Parameters:
  ///   - after: what the page before says in ``SubscriberPage/next``; nil for the first.
  ///   - limit: 1 to ``SubscriberLimits/page``.
  /// - Throws: ``ErrorCode/invalidValue`` of `limit`, or of a group that is not public, ``ErrorCode/notFound``,
  ///   ``ErrorCode/gone``, ``ErrorCode/forbidden``, ``ErrorCode/accountDisabled``.
  package func subscribers(
    of group: GroupID, after: SubscriptionID?, limit: Int, by requester: Requester
  ) throws(DecisionFailure) -> SubscriberPage {
    try requireCount(limit, in: 1...SubscriberLimits.page, field: "limit")
    _ = try requirePublicGroup(group, by: requester)
    var found = try read(subscriptions(of: group, from: .following(after), limit: limit + 1))
    let isMore = found.count > limit
    if isMore { found.removeLast() }
    // Who was named by number is shown by number: an admin who knows it need not learn whose account has it.
    if requester != .operator {
      for index in found.indices where found[index].number != nil { found[index].account = nil }
    }
    return SubscriberPage(subscribers: found, next: isMore ? found.last?.id : nil)
  }
}
