import ArgumentParser
import CredentialLedger

/// Which events a search is for. What is given must hold together; `--type` may be given more than once, and then any will
/// do.
struct AuditFilterOptions: ParsableArguments {
  @Option(help: "A type, such as token.issued, or a family of types, such as token.*; may be repeated.")
  var type: [String] = []
  @Option(help: "Who caused it: account:N, connector:N, webhook:N or operator.")
  var actor: String?
  @Option(help: "An account: what it did, and what concerns it.")
  var account: AccountID?
  @Option(help: "A telephone number, such as +911199999999, or phone:N; - reads the number from standard input.")
  var phone: String?
  @Option(help: "A connector, by number or GUID: what it did, and what concerns it.")
  var connector: String?
  @Option(help: "A group, by number or GUID.")
  var group: String?
  @Option(help: "A grant.")
  var grant: GrantID?
  @Option(help: "A token by its handle, or by its text; - reads the text from standard input.")
  var token: String?
  @Option(help: "Whatever else it concerns, by kind and number, such as webhook:7 or membership:12.")
  var subject: String?
  @Option(help: "The ID of a request.")
  var request: String?
  @Option(help: "A network address, as it was recorded; - reads it from standard input. Has no index: see above.")
  var address: String?
  @Option(help: "Recorded then or later: a time in RFC 3339, or how long ago, such as 2h or 7d.")
  var since: TimeArgument?
  @Option(help: "Recorded before then.")
  var until: TimeArgument?

  func validate() throws {
    guard [phone, token, address].count(where: { $0 == "-" }) < 2 else {
      throw ValidationError("Give - to one of --phone, --token and --address: standard input has one value.")
    }
    let now = Timestamp.now
    if let since = since?.timestamp(now: now), let until = until?.timestamp(now: now), since > until {
      throw ValidationError("--since is later than --until: \(since), \(until).")
    }
  }

  /// The filter that is meant.
  func filter(in ledger: Ledger) throws -> Audit.Filter {
    let now = Timestamp.now
    var filter = Audit.Filter.recorded(since: since?.timestamp(now: now), until: until?.timestamp(now: now))
    if !type.isEmpty { filter = filter.and(.anyType(of: try types())) }
    if let actor {
      guard let subject = Subject(actor), [.account, .connector, .webhook, .operator].contains(subject.kind)
      else {
        throw ValidationError("--actor: expected account:N, connector:N, webhook:N or operator.")
      }
      filter = filter.and(.actor(subject))
    }
    if let account { filter = filter.and(.account(account)) }
    if let phone { filter = filter.and(try Self.phone(value(of: phone))) }
    if let connector { filter = filter.and(.connector(try Self.connector(connector, in: ledger))) }
    if let group { filter = filter.and(.group(try Self.group(group, in: ledger))) }
    if let grant { filter = filter.and(.grant(grant)) }
    if let token { filter = filter.and(.token(try Self.token(token, in: ledger))) }
    if let subject {
      guard let named = Subject(subject), named.number > 0 else {
        throw ValidationError("--subject: expected kind and number, such as webhook:7.")
      }
      filter = filter.and(.subject(named))
    }
    if let request { filter = filter.and(.request(request)) }
    if let address { filter = filter.and(.address(try value(of: address))) }
    return filter
  }

  private func types() throws -> [EventType] {
    try type.flatMap { name in
      let types = EventType.matching(name)
      guard !types.isEmpty else {
        let names = EventType.allCases.compactMap(\.name).joined(separator: ", ")
        throw ValidationError(
          "--type: there is no \(name.printable). There are \(names); and families, such as token.*.")
      }
      return types
    }
  }

  private static func phone(_ text: String) throws -> Audit.Filter {
    if let phone = PhoneID(text), text.hasPrefix("phone:") { return .phone(phone) }
    do { return .number(try PhoneNumber(text)) } catch {
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
    guard let handle = try ledger.tokens.handle(of: value(of: text)) else {
      throw CheckFailed(reason: "that is no token of this ledger: mistyped, cut off, or another ledger's")
    }
    return handle
  }
}
