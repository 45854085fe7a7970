import KeyStore
import LedgerDomain
import LedgerEvents
import LedgerTestSupport

@testable import Projections

// Events of a program that embeds the ledger.
extension Walk {
  private static let namespaces = ["com.example.billing", "org.example"]
  private static let types = ["paid", "sent", "invoice.cancelled"]

  mutating func customEventStep(by account: AccountID) async throws {
    let name = Self.namespaces.randomElement(using: &random) ?? ""
    let type = Self.types.randomElement(using: &random) ?? ""
    if Bool.random(using: &random) {
      try await perform(RegisterNamespace(name: name, types: [type], requester: Requester.operator))
    }
    var command = RecordCustomEvent(namespace: name, type: type, requester: account)
    command.payload = [1, 2, 3]
    command.subjects = [Subject(pick(model.groups)), Subject(pick(model.grants)), Subject(pick(model.connectors))]
    command.personal = [
      .init(
        name: "payer", account: account,
        value: try seal("Ada", person(of: account), .customField("payer", of: type, in: name)))
    ]
    try await perform(command)
  }
}
