import LedgerDomain
import LedgerEvents
import LedgerTestSupport

/// Something that a walk must have met at some time, since a comparison without it says too little.
struct Goal: Sendable {
  let name: String
  let isMet: @Sendable (Walk) -> Bool

  init(_ name: String, _ isMet: @escaping @Sendable (Walk) -> Bool) {
    self.name = name
    self.isMet = isMet
  }
}

extension Walk {
  static let goals = [
    Goal("more than 500 events") { $0.head > 500 },
    Goal("more than 100 refusals") { $0.refusals > 100 },
    Goal("more than 5 grants") { $0.model.grants.count > 5 },
    Goal("more than 2 erasures") { $0.erasures > 2 },
    Goal("a code that was redeemed") { $0.model.codes.values.contains { $0.family != nil } },
    Goal("a sign-in by a PIN that ended") {
      $0.model.challenges.values.contains { $0.connector != nil && $0.isClosed }
    },
    Goal("more than 5 subscribers at once") { $0.model.subscriptions.values.count { !$0.isRemoved } > 5 },
    Goal("2 groups at once that have subgroups") { $0.model.subgroups.values.count { !$0.isEmpty } > 1 },
    Goal("more than 5 webhooks") { $0.model.webhooks.count > 5 },
    Goal("a webhook that was deleted") { $0.model.webhooks.values.contains { $0.isDeleted } },
    Goal("a proposal that was approved") { $0.model.proposals.values.contains { $0.status == .approved } },
    Goal("a webhook that was stopped") { $0.model.webhooks.values.contains { $0.stoppedBy != 0 } },
  ]
}
