import ArgumentParser
import CredentialLedger

/// Which events a search is for. What is given must hold together; an option that is given more than once names
/// alternatives, of which any will do.
struct AuditFilterOptions: ParsableArguments {
  @Option(
    help:
      "A type, such as token.issued, or a family of types, such as token.*; may be repeated. With ! before it, such as '!token.*', what is not of it.",
    completion: .eventTypes)
  var type: [String] = []
  @Option(
    help:
      "Who caused it: account:N, connector:N, webhook:N, operator, or operator:N for what the operator with the account N was named for; this and all below may be repeated."
  )
  var actor: [String] = []
  @Option(help: "An account: what it did, and what concerns it.")
  var account: [AccountID] = []
  @Option(help: "A telephone number, such as +911199999999, or phone:N; - reads numbers from standard input.")
  var phone: [String] = []
  @Option(
    help: "A connector, by number or GUID: what it did, and what concerns it.", completion: .objects("connector"))
  var connector: [String] = []
  @Option(help: "A group, by number or GUID.", completion: .objects("group"))
  var group: [String] = []
  @Option(help: "A grant.")
  var grant: [GrantID] = []
  @Option(help: "A token by its handle, or by its text; - reads texts from standard input.")
  var token: [String] = []
  @Option(help: "Another object that it concerns, by kind and number, such as webhook:7 or membership:12.")
  var subject: [String] = []
  @Option(help: "The ID of a request.")
  var request: [String] = []
  @Option(
    help: "A network address, as it was recorded; - reads addresses from standard input. Has no index: see above.")
  var address: [String] = []
  @Option(
    help: "Recorded then or later: a time in RFC 3339, or how long ago, such as 2h or 7d.",
    transform: TimeArgument.parse)
  var since: TimeArgument?
  @Option(help: "Recorded before then.", transform: TimeArgument.parse)
  var until: TimeArgument?

  func validate() throws {
    guard (phone + token + address).count(where: { $0 == "-" }) < 2 else {
      throw ValidationError("Give - once, to one of --phone, --token and --address: standard input is read once.")
    }
    let now = Timestamp.now
    if let since = since?.bound(now: now), let until = until?.bound(now: now), since > until {
      throw ValidationError("--since is later than --until: \(since), \(until).")
    }
  }

  /// What is read to know them.
  var inputs: [CommandInput] {
    for (values, prompt) in [(phone, "number"), (token, "token"), (address, "address")] where values.contains("-") {
      return [CommandInput(name: "-", prompt: prompt)]
    }
    return []
  }

  /// The filter that is meant.
  func filter(in ledger: Ledger) async throws -> Audit.Filter {
    let now = try ledger.now
    var filter = Audit.Filter.recorded(since: since?.bound(now: now), until: until?.bound(now: now))
    if !type.isEmpty { filter = filter.and(.anyType(of: try types())) }
    for (option, alternatives) in try alternatives(in: ledger) {
      var any: Audit.Filter?
      for (subject, one) in alternatives {
        if let subject { try await ledger.requireKnown(subject, option) }
        any = any.map { $0.or(one) ?? $0 } ?? one
      }
      if let any { filter = filter.and(any) }
    }
    return filter
  }

  /// What one option was given asks for, and the object that it names, where it names one.
  private typealias Alternative = (subject: Subject?, filter: Audit.Filter)

  private func alternatives(in ledger: Ledger) throws -> [(option: String, [Alternative])] {
    [
      ("--actor", try actor.map { (try Self.known($0), .actor(try Self.actor($0))) }),
      ("--account", account.map { (Subject($0), .account($0)) }),
      ("--phone", try phone.flatMap { try values(of: $0, "number") }.map(Self.phone)),
      (
        "--connector",
        try connector.map { (name) -> Alternative in
          let id = try Self.connector(name, in: ledger)
          return (Subject(id), .connector(id))
        }
      ),
      (
        "--group",
        try group.map { (name) -> Alternative in
          let id = try Self.group(name, in: ledger)
          return (Subject(id), .group(id))
        }
      ),
      ("--grant", grant.map { (Subject($0), .grant($0)) }),
      (
        "--token",
        try token.flatMap { $0 == "-" ? try tokens(in: $0) : [unwrapped($0)] }.map { (text) -> Alternative in
          let id = try Self.token(text, in: ledger)
          return (Subject(id), .token(id))
        }
      ),
      (
        "--subject",
        try subject.map { (name) -> Alternative in
          guard let named = Subject(name), named.number > 0 else {
            throw ValidationError("--subject: expected kind and number, such as webhook:7.")
          }
          return (named, .subject(named))
        }
      ),
      ("--request", request.map { (nil, .request($0)) }),
      ("--address", try address.flatMap { try values(of: $0, "address") }.map { (nil, .address($0)) }),
    ]
  }

  /// The object that an actor is; nil for an operator at the command line.
  private static func known(_ text: String) throws -> Subject? {
    let subject = try actor(text)
    guard subject.kind == .operator else { return subject }
    return subject.number == 0 ? nil : Subject(kind: .account, number: subject.number)
  }

  private static func actor(_ text: String) throws -> Subject {
    guard let subject = Subject(text), [.account, .connector, .webhook, .operator].contains(subject.kind) else {
      throw ValidationError("--actor: expected account:N, connector:N, webhook:N, operator or operator:N.")
    }
    return subject
  }

  private func types() throws -> [EventType] {
    let meant = try type.filter { !$0.hasPrefix("!") }.flatMap { try types($0) }
    let excluded = Set(try type.filter { $0.hasPrefix("!") }.flatMap { try types($0.dropFirst()) })
    // Without any that is asked for, all are meant but those excluded.
    let all = type.allSatisfy { $0.hasPrefix("!") } ? EventType.allCases : meant
    let left = all.filter { !excluded.contains($0) }
    guard !left.isEmpty else { throw ValidationError("--type: nothing is left of what is asked for.") }
    return left
  }

  private func types(_ name: some StringProtocol) throws -> [EventType] {
    let types = EventType.matching(name)
    guard types.isEmpty else { return types }
    let names = EventType.allCases.compactMap(\.name).joined(separator: ", ")
    throw ValidationError(
      "--type: there is no \(String(name).printable). There are \(names); and families, such as token.*.")
  }

  private static func phone(_ text: String) throws -> Alternative {
    if let phone = PhoneID(text), text.hasPrefix("phone:") { return (Subject(phone), .phone(phone)) }
    do { return (nil, .number(try PhoneNumber(text))) } catch {
      throw ValidationError("--phone: expected a number with country code, such as +911199999999, or phone:N.")
    }
  }

  private static func connector(_ text: String, in ledger: Ledger) throws -> ConnectorID {
    if let id = ConnectorID(text) { return id }
    guard let publicID = PublicID(text) else {
      throw ValidationError("--connector: expected connector:N or a GUID.")
    }
    guard let found = try ledger.connectors.connector(publicID: publicID) else {
      throw CheckFailed(reason: "there is no connector \(publicID)")
    }
    return found.id
  }

  private static func group(_ text: String, in ledger: Ledger) throws -> GroupID {
    if let id = GroupID(text) { return id }
    guard let publicID = PublicID(text) else { throw ValidationError("--group: expected group:N or a GUID.") }
    guard let found = try ledger.groups.group(publicID: publicID) else {
      throw CheckFailed(reason: "there is no group \(publicID)")
    }
    return found.id
  }

  private static func token(_ text: String, in ledger: Ledger) throws -> TokenID {
    if let handle = TokenID(text) { return handle }
    guard let handle = try ledger.tokens.handle(of: text) else {
      throw CheckFailed(reason: "that is no token of this ledger: mistyped, cut off, or another ledger's")
    }
    return handle
  }
}
