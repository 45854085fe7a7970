import CredentialLedger
import HTTPSupport

/// What the fields of the audit page ask for, in the terms of `credledger audit`: the values of one option are alternatives, and
/// what different options ask for must hold together.
extension ManagementPortal {
  /// How many values a field takes at most.
  private static let mostValues = 20

  /// What is wrong with the fields that take several values; nil where nothing is.
  static func problem(in query: FormValues, _ viewer: Viewer) -> Problem? {
    // Those who may reveal no address would learn one by asking for it.
    if !query.words("address").isEmpty, !viewer.readsAll {
      return Problem(nil, "Only operators and auditors search by client address.")
    }
    for field in ["exact", "not", "actor", "request", "address"] where query.words(field).count > mostValues {
      return Problem(field, "Write at most \(mostValues) values.")
    }
    if let parties = parties(query), parties.count > mostValues {
      return Problem("who", "Write at most \(mostValues) values.")
    }
    for field in ["exact", "not"] where query.words(field).contains(where: { EventType.matching($0).isEmpty }) {
      return Problem(field, "Write a type such as token.issued, or token.* for all of them.")
    }
    if query.words("actor").contains(where: { acting($0) == nil }) {
      return Problem(
        "actor", "Write an account, a connector or a webhook with its number, such as account:2, or operator.")
    }
    if query.words("address").contains(where: { $0.contains("/") || AddressRange($0) == nil }) {
      return Problem("address", "Write an IP address, such as 203.0.113.9.")
    }
    return nil
  }

  /// Who acted, as a text names them; nil for what causes no events.
  private static func acting(_ text: String) -> Subject? {
    guard let subject = Subject(text) else { return nil }
    switch subject.kind {
    case .operator: return subject
    case .account, .connector, .webhook: return subject.number > 0 ? subject : nil
    default: return nil
    }
  }

  /// The objects that are asked for by kind and number, such as `connector:5`; nil where a name is asked for, or nothing.
  static func parties(_ query: FormValues) -> [Subject]? {
    let words = query.words("who")
    let subjects = words.compactMap { Subject($0) }.filter { $0.number > 0 || $0.kind == .operator }
    return subjects.isEmpty || subjects.count < words.count ? nil : subjects
  }

  /// The objects that are asked for by kind and number, by the options that ask for them.
  static func objects(_ query: FormValues) -> [(option: String, subjects: [Subject])] {
    var named: [(option: String, subject: Subject)] = []
    for subject in parties(query) ?? [] { named.append((option: option(for: subject), subject: subject)) }
    for text in query.words("actor") {
      if let subject = acting(text) { named.append((option: "--actor", subject: subject)) }
    }
    var objects: [(option: String, subjects: [Subject])] = []
    for one in named {
      if let index = objects.firstIndex(where: { $0.option == one.option }) {
        objects[index].subjects.append(one.subject)
      } else {
        objects.append((option: one.option, subjects: [one.subject]))
      }
    }
    return objects
  }

  private static func option(for subject: Subject) -> String {
    switch subject.kind {
    case .account: "--account"
    case .connector: "--connector"
    case .group: "--group"
    case .operator where subject.number == 0: "--actor"
    default: "--subject"
    }
  }

  /// The types that are asked for, nil for all of them; and the same as the values of `--type`.
  static func types(_ query: FormValues) -> (types: [EventType]?, patterns: [String]) {
    let exact = query.words("exact").filter { !EventType.matching($0).isEmpty }
    let excluded = query.words("not").filter { !EventType.matching($0).isEmpty }
    let kind = EventKinds(rawValue: query["type"])
    if kind == nil, exact.isEmpty, excluded.isEmpty { return (nil, []) }
    var types = exact.isEmpty ? EventType.allCases : exact.flatMap { EventType.matching($0) }
    var patterns = exact
    if let kind {
      let wanted = Set(kind.types)
      types = types.filter { wanted.contains($0) }
      patterns = exact.isEmpty ? kind.patterns : types.compactMap(\.name)
    }
    let without = Set(excluded.flatMap { EventType.matching($0) })
    return (types.filter { !without.contains($0) }, patterns + excluded.map { "!\($0)" })
  }

  /// What any of some filters lets pass that ask for things of one kind; nil where there is none.
  static func either(of filters: [Audit.Filter]) -> Audit.Filter? {
    guard var all = filters.first else { return nil }
    for filter in filters.dropFirst() { all = all.or(filter) ?? all }
    return all
  }

  /// What the fields for objects, requests and addresses ask for.
  func alternatives(_ query: FormValues, _ viewer: Viewer) async throws(PortalFailure) -> Audit.Filter {
    var filter = Audit.Filter.all
    for object in Self.objects(query) {
      let filters = object.subjects.map { subject -> Audit.Filter in
        let acted = Audit.Filter.actor(subject)
        return object.option == "--actor" ? acted : Audit.Filter.subject(subject).or(acted) ?? acted
      }
      if let asked = Self.either(of: filters) { filter = filter.and(asked) }
    }
    let requests = query.words("request").map { Audit.Filter.request($0) }
    if let asked = Self.either(of: requests) { filter = filter.and(asked) }
    let addresses = query.words("address").map { Audit.Filter.address($0) }
    guard let asked = Self.either(of: addresses) else { return filter }
    guard viewer.account.role != .operator else { return filter.and(asked) }
    let withheld = try await asking { () throws(LedgerError) -> Audit.Filter in
      try ledger.audit.withholdingOperators(asked)
    }
    return filter.and(withheld)
  }

  /// The filter of a request that is not for a page with the form.
  func soundFilter(_ visit: Visit, _ viewer: Viewer) async throws(PortalFailure) -> Audit.Filter {
    let (filter, problem) = try await self.filter(visit, viewer)
    if let filter { return filter }
    var failure = PortalFailure.invalid(problem?.words ?? "A filter is malformed.")
    if let field = problem?.field { failure.facts = "<dt>Field</dt><dd><code>\(field)</code></dd>" }
    throw failure
  }
}
