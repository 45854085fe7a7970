import EventLog
import LedgerCrypto
import LedgerDomain
public import LedgerEvents
import Projections

/// The objects that a search found.
public struct FoundObjects: Sendable, Hashable {
  /// An object that matches the search.
  public struct Object: Sendable, Hashable {
    public let subject: Subject
    /// The name of a connector, a group or a resource server; nil for everything of people. ``Audit/labels(of:under:)`` tells
    /// those under a disclosure.
    public let name: String?
    public let standing: Audit.Label.Standing
  }

  /// In the order in which they were made.
  public let objects: [Object]
  /// What to go on after; nil where that is all.
  public let next: UInt64?
}

extension Ledger {
  /// The longest text that is looked for, in bytes of UTF-8: an issuer and a subject.
  private static let textLimit = 512
  /// How many objects of one word a page looks at, at most.
  private static let budget = 65_536

  /// Finds people and things by what they go by: accounts by words of the name and of the e-mail address before its `@`, by the
  /// whole address, by the subject, and by issuer and subject with a space between; connectors, groups and resource servers by
  /// words of their names; and by a whole telephone number, such as `+911199999999`, whatever has to do with it now.
  ///
  /// ```swift
  /// let found = try await ledger.find("ada love")
  /// let names = try await ledger.audit.labels(of: found.objects.map(\.subject), under: leave)
  /// ```
  ///
  /// A word is found by itself and by its first 2 to 12 characters, in any case and without diacritics; of several, all have to
  /// fit. Nothing of anybody who was erased is found. Nothing personal is opened: that somebody is found by a name says only that
  /// the account goes by it, so ask as you would for the list of accounts.
  ///
  /// By an index: a look-up for each word and each object found. A page looks at 65,536 objects that have the longest word at
  /// most, and may be shorter than asked for, or empty, where ``FoundObjects/next`` is not nil.
  ///
  /// - Parameters:
  ///   - text: at most 512 bytes, with a letter or a digit.
  ///   - number: only objects that were made after that one: ``FoundObjects/next`` of the page before.
  ///   - limit: 1 to 1,000.
  /// - Throws: `key_unavailable` in a ledger that is open without keys, as the index is of keyed hashes; `invalid_value` with the
  ///   field `text`, or `number` for a telephone number that there cannot be; `damaged`.
  public func find(
    _ text: String, after number: UInt64 = 0, limit: Int = 100
  ) async throws(LedgerError) -> FoundObjects {
    guard (1...1_000).contains(limit) else {
      throw LedgerError(.invalidValue, "limit: expected 1 to 1,000", field: "limit")
    }
    let words = SearchText.words(of: text)
    guard text.utf8.count <= Self.textLimit, !words.isEmpty else {
      throw LedgerError(
        .invalidValue, "text: expected at most \(Self.textLimit) bytes, with a letter or a digit", field: "text")
    }
    let phone: PhoneNumber? = if text.hasPrefix("+") { try PhoneNumber(text) } else { nil }
    return try await blocking(.short) { [self] () throws(LedgerError) -> FoundObjects in
      let view = try snapshot()
      let (subjects, next) =
        if let phone {
          (try owners(of: phone, in: view).filter { $0.number > number }, nil as UInt64?)
        } else { try subjects(words, of: text, after: number, limit, in: view) }
      let page = subjects.prefix(limit)
      let labels = try labels(of: Set(page), under: nil, in: view)
      return FoundObjects(
        objects: page.compactMap { subject in
          labels[subject].map { FoundObjects.Object(subject: subject, name: $0.name, standing: $0.standing) }
        },
        next: page.count < subjects.count ? page.last?.number : next)
    }
  }

  /// Whatever goes by some words, or by the whole text.
  private func subjects(
    _ words: [String], of text: String, after number: UInt64, _ limit: Int,
    in view: borrowing LogSnapshot<ProjectionSet>
  ) throws(LedgerError) -> ([Subject], next: UInt64?) {
    let personalData = log.participant.personalData
    var terms: [[SearchTerm]] = []
    var identity: Digest?
    do throws(LogError) {
      // The longest word has the fewest objects, most likely.
      let sorted = Set(words).sorted { ($1.count, $0) < ($0.count, $1) }
      terms = [try sorted.map { (word) throws(LogError) in try personalData.term(ofWord: word) }]
      terms.append([try personalData.term(ofWhole: text)])
      if let space = text.firstIndex(of: " ") {
        identity = try personalData.hash(
          issuer: String(text[..<space]), subject: text[text.index(after: space)...].utf8)
      }
    } catch { throw LedgerError(error) }
    return try reading(in: view) { (state) throws(StateUnreadable) in
      var found: Set<Subject> = []
      var next: UInt64?
      for terms in terms {
        let some = try state.objects(under: terms, after: number, limit: limit, budget: Self.budget)
        found.formUnion(some.objects)
        if let end = some.next { next = min(next ?? end, end) }
      }
      if let identity, let account = try state.account(identity: identity), account.rawValue > number {
        found.insert(Subject(account))
      }
      // Of what one list has beyond the end of the other the next page tells.
      let sorted = found.filter { $0.number <= next ?? .max }.sorted { $0.number < $1.number }
      return (sorted, next)
    }
  }

  /// Whatever has to do with a telephone number now, and the account that holds it.
  private func owners(
    of phone: PhoneNumber, in view: borrowing LogSnapshot<ProjectionSet>
  ) throws(LedgerError) -> [Subject] {
    let hash = try hash(of: phone)
    return try reading(in: view) { (state) throws(StateUnreadable) in
      var found: Set<Subject> = []
      if let id = try state.phone(number: hash), let phone = try state.phone(id) {
        found.formUnion([Subject(id), Subject(phone.account)])
      }
      for number in try state.everythingAdded(by: hash) {
        if try state.membership(MembershipID(rawValue: number)) != nil {
          found.insert(Subject(kind: .membership, number: number))
        } else {
          found.insert(Subject(kind: .subscription, number: number))
        }
      }
      return found.sorted { $0.number < $1.number }
    }
  }
}
