import CredentialLedger
import Foundation
import LedgerTesting

// Events of a program's own in the ledger, and a projection of the program's own that is kept in step with it.

let billing = "com.example.billing"
let folder = FileManager.default.temporaryDirectory.appending(path: "credledger-projection-\(UUID().uuidString)")
try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)

/// Reads what is new, up to `limit` batches, and ends as a program that is killed would: between two transactions.
func catchUp(_ ledger: Ledger, _ file: URL, batches limit: Int = .max) async throws {
  var store = try InvoiceStore(file: file)
  var count = 0
  for try await batch in ledger.projectionFeed(after: store.position, limit: 4) {
    try store.apply(batch)
    count += 1
    if batch.isCaughtUp || count == limit { break }
  }
}

try await TestLedger.with { test in
  let ledger = test.ledger
  let steps = try await FourSteps(on: test)
  // At each start: does nothing once it is registered.
  try await ledger.eventNamespaces.register(billing, types: ["invoice.paid"], by: .operator)
  for cents in [1_200, 800, 500] {
    let position = try await ledger.events(of: billing).append(
      "invoice.paid", payload: Array("\(cents)".utf8), contentType: "text/plain", about: [Subject(steps.connector.id)],
      personal: [PersonalField("payer", of: steps.admin, "Ada Lovelace")], by: steps.admin)
    print("An invoice of \(cents) cents is event \(position)")
  }

  let file = folder.appending(path: "invoices.json")
  try await catchUp(ledger, file, batches: 2)
  print("After two batches: \(try InvoiceStore(file: file).paid(by: steps.admin)) cents")
  // The program starts again, and goes on where the file says.
  try await catchUp(ledger, file)
  let store = try InvoiceStore(file: file)
  print("Caught up: \(store.paid(by: steps.admin)) cents, \(store.tokens(of: steps.connector.id)) token")
  guard store.paid(by: steps.admin) == 2_500, store.tokens(of: steps.connector.id) == 1 else {
    fatalError("Each event should count once.")
  }

  // Built anew from the first event on, it is the same.
  let other = folder.appending(path: "again.json")
  try await catchUp(ledger, other)
  guard try InvoiceStore(file: other).holdsTheSame(as: store) else { fatalError("It should be the same.") }

  // A position of another ledger is refused.
  try await TestLedger.with { foreign in
    _ = try await FourSteps(on: foreign)
    do {
      try await catchUp(foreign.ledger, file)
      fatalError("It should be refused.")
    } catch let error as LedgerError {
      print("Of another ledger: \(error.code)")
    }
  }

  // The payer's name goes with the person; the event and its proof stay.
  let event = try await ledger.events(of: billing).page(limit: 1).events[0]
  let leave = Disclosure.withoutRecord(for: ledger)
  let before = try await ledger.events(of: billing).reveal(event, under: leave)
  try await ledger.people.erase(steps.admin, by: .operator)
  let after = try await ledger.events(of: billing).reveal(event, under: leave)
  guard before.first?.state == .revealed("Ada Lovelace"), after.first?.state == .erased else {
    fatalError("It should be erased.")
  }
  print("Erased: the payer's name can be read no more")
}
try FileManager.default.removeItem(at: folder)
