import ArgumentParser
import CredentialLedger
import Glibc

struct Token: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "List, explain and revoke tokens.",
    discussion: """
      Tokens go by their public handles, as token:42. A token's text is a secret: give it in a file, or by - on standard \
      input, so that it stays out of the shell's history.

      EXAMPLES
        credledger token list grant:17 --ledger /var/lib/credledger
        credledger token explain token:42 --at 2026-01-31T12:00:00Z
        credledger token explain --file leaked.txt --format json
        credledger token revoke connector:9
      """, subcommands: [List.self, Explain.self, Revoke.self])
}

extension Token {
  struct List: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "List the tokens of a connector, a grant or a family, newest first.",
      discussion: """
        EXAMPLES
          credledger token list connector:9 --limit 20
          credledger token list family:18 --before 512 --format ndjson
        """)

    @Argument(help: "Whose tokens: connector:N, grant:N or family:N.")
    var owner: String
    @Option(help: "How many, 1 to 1000.")
    var limit = 50
    @Option(help: "Only handles less than this, to get the tokens that follow a list.")
    var before: UInt64?
    @OptionGroup var ledger: LedgerOptions
    @OptionGroup var output: FormatOptions

    func run() async throws {
      guard let listing = Tokens.Listing(owner) else {
        throw ValidationError("Name a connector:N, grant:N or family:N.")
      }
      let before = before.map { TokenID(rawValue: $0) }
      let limit = limit
      let tokens = try await reading(ledger) { (ledger) throws(LedgerError) in
        try await ledger.tokens.list(listing, limit: limit, before: before)
      }
      let values = tokens.map(JSON.init)
      switch output.format {
      case .json: print(JSON.array(values).text(indented: true))
      case .ndjson: for value in values { print(value.text(indented: false)) }
      case .table:
        for token in tokens {
          print(
            "\(token.handle)  \(token.kind == .access ? "access " : "refresh")  \(token.issuedAt)  \(token.expiresAt)  "
              + (token.verdict.reason.map { "\($0.text)" } ?? "valid"))
        }
      }
    }
  }

  struct Explain: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Tell why a token, grant, connector or account is valid or not, now or in the past.",
      discussion: """
        EXAMPLES
          credledger token explain token:42
          credledger token explain grant:17 --at 2026-01-31T12:00:00Z
          credledger token explain --file - < leaked.txt
        """)

    @Argument(help: "token:N, grant:N, connector:N or account:N.")
    var object: String?
    @Option(help: "A file with the token's text; - is standard input.")
    var file: String?
    @Option(help: "A time in RFC 3339, such as 2026-01-31T12:00:00Z; without it now.")
    var at: String?
    @OptionGroup var ledger: LedgerOptions
    @OptionGroup var output: FormatOptions

    func run() async throws {
      let time = try at.map { text in
        guard let time = Timestamp(rfc3339: text) else { throw ValidationError("--at: expected a time in RFC 3339.") }
        return time
      }
      let explained: Ledger.Explained
      switch (object, file) {
      case (nil, let file?): explained = .presented(try secret(in: file))
      case (let object?, nil):
        guard let named = Ledger.Explained(object) else {
          throw ValidationError("Name a token:N, grant:N, connector:N or account:N; a token's text goes in --file.")
        }
        explained = named
      default: throw ValidationError("Name an object, or give a token's text in --file.")
      }
      let explanation = try await reading(ledger) { (ledger) throws(LedgerError) in
        try await ledger.explain(explained, at: time)
      }
      if let text = output.format.text(JSON(explanation)) { return print(text) }
      print("\(explanation.obstacle?.text ?? "valid") at \(explanation.time)")
      for step in explanation.steps {
        let mark = step == explanation.decidedBy ? "  <- decides" : ""
        print("\(String(step.position).padded(to: 12))  \(step.time)  \(step.type)  \(step.object)\(mark)")
      }
    }
  }

  struct Revoke: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Revoke a token, a refresh token with its family, or all of a connector or an account.",
      discussion: """
        One event, recorded as the operator's. What is stopped already is no error.

        EXAMPLES
          credledger token revoke token:42
          credledger token revoke family:18
          credledger token revoke account:3 --format json
        """)

    @Argument(help: "token:N, family:N, connector:N or account:N.")
    var target: String
    @OptionGroup var ledger: LedgerOptions
    @OptionGroup var output: FormatOptions

    func run() async throws {
      guard let named = RevokeToken.Target(target) else {
        throw ValidationError("Name a token:N, family:N, connector:N or account:N.")
      }
      let opened = try await Ledger.open(at: try ledger.requireFolder())
      let isNew: Bool
      do throws(LedgerError) { isNew = try await opened.tokens.revoke(named, by: Requester.operator) } catch {
        await opened.close()
        throw error
      }
      await opened.close()
      let text = output.format.text(.object([("target", .string(target)), ("revoked", .bool(isNew))]))
      print(text ?? (isNew ? "\(target) is revoked" : "\(target): there was nothing to revoke"))
    }
  }
}

/// Reads from a ledger, and closes it.
private func reading<Value: Sendable>(
  _ options: LedgerOptions, _ body: (Ledger) async throws(LedgerError) -> Value
) async throws -> Value {
  let ledger = try await Ledger.openForReading(at: try options.requireFolder())
  do throws(LedgerError) {
    let value = try await body(ledger)
    await ledger.close()
    return value
  } catch {
    await ledger.close()
    throw error
  }
}

/// The first line of a file, or of standard input for "-".
private func secret(in file: String) throws -> String {
  let descriptor = file == "-" ? STDIN_FILENO : unsafe open(file, O_RDONLY | O_CLOEXEC)
  guard descriptor >= 0 else { throw ValidationError("--file: \(file) cannot be read.") }
  defer { if descriptor != STDIN_FILENO { close(descriptor) } }
  var bytes: [UInt8] = []
  var buffer = [UInt8](repeating: 0, count: 1_024)
  while bytes.count < 4_096 {
    let count = unsafe buffer.withUnsafeMutableBytes { unsafe read(descriptor, $0.baseAddress, $0.count) }
    guard count > 0 else { break }
    bytes += buffer.prefix(count)
  }
  let line = bytes.prefix { $0 != UInt8(ascii: "\n") && $0 != UInt8(ascii: "\r") }
  return String(decoding: line, as: UTF8.self)
}

extension Tokens.Listing {
  fileprivate init?(_ text: String) {
    guard let subject = Subject(text), subject.number > 0 else { return nil }
    switch subject.kind {
    case .connector: self = .connector(ConnectorID(rawValue: subject.number))
    case .grant: self = .grant(GrantID(rawValue: subject.number))
    case .family: self = .family(FamilyID(rawValue: subject.number))
    default: return nil
    }
  }
}

extension Ledger.Explained {
  fileprivate init?(_ text: String) {
    guard let subject = Subject(text), subject.number > 0 else { return nil }
    switch subject.kind {
    case .token, .family: self = .token(TokenID(rawValue: subject.number))
    case .grant: self = .grant(GrantID(rawValue: subject.number))
    case .connector: self = .connector(ConnectorID(rawValue: subject.number))
    case .account: self = .account(AccountID(rawValue: subject.number))
    default: return nil
    }
  }
}

extension RevokeToken.Target {
  fileprivate init?(_ text: String) {
    guard let subject = Subject(text), subject.number > 0 else { return nil }
    switch subject.kind {
    case .token: self = .token(TokenID(rawValue: subject.number))
    case .family: self = .refreshToken(TokenID(rawValue: subject.number))
    case .connector: self = .connector(ConnectorID(rawValue: subject.number))
    case .account: self = .account(AccountID(rawValue: subject.number))
    default: return nil
    }
  }
}

extension Verdict {
  fileprivate var reason: Reason? { if case .invalid(let reason) = self { reason } else { nil } }
}

extension Verdict.Reason {
  fileprivate var text: String {
    switch self {
    case .malformed: "no token of this ledger"
    case .unknown: "unknown"
    case .wrongKind: "of the other kind"
    case .expired(let time): "expired at \(time)"
    case .replaced(let successor): "replaced by \(successor)"
    case .stopped(let subject, let position): "\(subject) stopped by the event at \(position)"
    case .anotherConnector: "another connector's"
    }
  }
}

extension JSON {
  fileprivate init(_ token: ListedToken) {
    var members: [(String, JSON)] = [
      ("handle", .number(token.handle.rawValue)), ("kind", .string(token.kind == .access ? "access" : "refresh")),
      ("issuedAt", .string(token.issuedAt.description)), ("expiresAt", .string(token.expiresAt.description)),
      ("valid", .bool(token.verdict.isValid)),
    ]
    if let reason = token.verdict.reason { members.append(("reason", .string(reason.text))) }
    self = .object(members)
  }

  fileprivate init(_ explanation: Explanation) {
    var members: [(String, JSON)] = [
      ("time", .string(explanation.time.description)), ("valid", .bool(explanation.isValid)),
    ]
    if let reason = explanation.obstacle { members.append(("reason", .string(reason.text))) }
    if let decisive = explanation.decidedBy { members.append(("decidedBy", JSON(decisive))) }
    members.append(("events", .array(explanation.steps.map { JSON($0) })))
    self = .object(members)
  }

  private init(_ step: Explanation.Step) {
    self = .object([
      ("position", .number(step.position)), ("time", .string(step.time.description)),
      ("type", .string(step.type.description)), ("object", .string(step.object.description)),
    ])
  }
}
