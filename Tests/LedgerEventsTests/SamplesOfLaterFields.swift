import LedgerEvents

extension Sample {
  /// Samples of what a version got later, besides those of its first fields.
  static func laterFields() throws -> [Sample] {
    var samples: [Sample] = []
    samples.append(
      try Sample(
        .phonePINRequested, version: 2, pinRequested2(connector: 14), means: .phonePINRequested(oldPIN(connector: 14)),
        adding: "connector"))
    samples.append(
      try Sample(
        .phoneVerified(
          .with {
            $0.account = 11
            $0.challenge = 12
            $0.number = sealed(9)
            $0.memberships = [16, 28]
            $0.subscriptions = [29]
          }), adding: "subscriptions"))
    samples.append(
      try Sample(
        .phoneVerified(
          .with {
            $0.account = 11
            $0.number = sealed(9)
          }), adding: "vouched"))
    samples.append(
      try Sample(
        .groupSubscriberAdded(
          .with {
            $0.group = 15
            $0.number = sealed(14)
            $0.item = 3
          }), adding: "item"))
    samples.append(
      try Sample(
        .groupSubscriberRemoved(
          .with {
            $0.group = 15
            $0.subscription = 29
            $0.item = 3
          }), adding: "item"))
    samples.append(
      try Sample(
        .ledgerRestored(
          .with {
            $0.events = 41_000
            $0.root = bytes(32, from: 2)
            $0.approver = 44
          }), adding: "approver"))
    return try samples + fieldsOfAuthority() + fieldsOfAccess()
  }
}
