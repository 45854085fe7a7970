import CredentialLedger
import Foundation

/// What the program keeps of the ledger's events: how much each account has paid. A file, written whole and renamed, stands for
/// a database: rows and position change together or not at all.
struct InvoiceStore {
  private struct Content: Codable, Equatable {
    var paid: [String: Int] = [:]
    var tokens: [String: Int] = [:]
    /// The last event that the rows hold. In the same file, so that each event counts once.
    var position: FeedPosition?
  }

  private let file: URL
  private var content: Content

  init(file: URL) throws {
    self.file = file
    content =
      FileManager.default.fileExists(atPath: file.path(percentEncoded: false))
      ? try JSONDecoder().decode(Content.self, from: Data(contentsOf: file)) : Content()
  }

  var position: FeedPosition? { content.position }

  func paid(by account: AccountID) -> Int { content.paid["\(account)", default: 0] }

  func tokens(of connector: ConnectorID) -> Int { content.tokens["\(connector)", default: 0] }

  /// One transaction: the batch's rows and its position.
  mutating func apply(_ batch: ProjectionFeed.Batch) throws {
    var next = content
    for entry in batch.entries {
      if let event = CustomEvent(entry), event.namespace == billing, event.type == "invoice.paid" {
        let cents = Int(String(decoding: event.payload, as: UTF8.self)) ?? 0
        for subject in entry.subjects where subject.kind == .account {
          next.paid["\(subject)", default: 0] += cents
        }
      } else if entry.type == .tokenIssued {
        for subject in entry.subjects where subject.kind == .connector {
          next.tokens["\(subject)", default: 0] += 1
        }
      }
    }
    // Tokens that expired long ago may be in the archive alone; they count by what the ledger still knows of them.
    for event in batch.archived where event.type == .tokenIssued { next.tokens["archived", default: 0] += 1 }
    next.position = batch.position
    try JSONEncoder().encode(next).write(to: file, options: .atomic)
    content = next
  }

  /// Whether two stores hold the same.
  func holdsTheSame(as other: InvoiceStore) -> Bool { content == other.content }
}
