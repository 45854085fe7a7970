import ArgumentParser
import CredentialLedger

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
      """, subcommands: [List.self, ExplainCommand.self, Revoke.self])
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
      let tokens = try await ledger.reading { try await $0.tokens.list(listing, limit: limit, before: before) }
      output.format.show(
        tokens.map(\.json), ["TOKEN", "KIND", "ISSUED", "EXPIRES", "LAST USED", "STATE"], tokens.map(\.row))
    }
  }

  struct Revoke: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Revoke a token, a refresh token with its family, or all of a grant, a connector or an account.",
      discussion: """
        One event whatever the number of tokens, recorded as the operator's. What is stopped already is no error. The \
        grant, the connector and the account stand, and can be given new tokens.

        EXAMPLES
          credledger token revoke token:42
          credledger token revoke family:18
          credledger token revoke grant:17
          credledger token revoke account:3 --format json
        """)

    @Argument(help: "token:N, family:N, grant:N, connector:N or account:N.")
    var target: String
    @OptionGroup var ledger: LedgerOptions
    @OptionGroup var output: FormatOptions

    func run() async throws {
      guard let named = RevokeToken.Target(target) else {
        throw ValidationError("Name a token:N, family:N, grant:N, connector:N or account:N.")
      }
      let isNew = try await ledger.writing { try await $0.tokens.revoke(named, by: Requester.operator) }
      let text = output.format.text(.object([("target", .string(target)), ("revoked", .bool(isNew))]))
      print(text ?? (isNew ? "\(target) is revoked" : "\(target): there was nothing to revoke"))
    }
  }
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

extension RevokeToken.Target {
  fileprivate init?(_ text: String) {
    guard let subject = Subject(text), subject.number > 0 else { return nil }
    switch subject.kind {
    case .token: self = .token(TokenID(rawValue: subject.number))
    case .family: self = .refreshToken(TokenID(rawValue: subject.number))
    case .grant: self = .grant(GrantID(rawValue: subject.number))
    case .connector: self = .connector(ConnectorID(rawValue: subject.number))
    case .account: self = .account(AccountID(rawValue: subject.number))
    default: return nil
    }
  }
}

extension Verdict {
  fileprivate var reason: Reason? { if case .invalid(let reason) = self { reason } else { nil } }
}

extension ListedToken {
  private var kindName: String { kind == .access ? "access" : "refresh" }

  fileprivate var row: [String] {
    [
      "\(handle)", kindName, "\(issuedAt)", "\(expiresAt)", lastUsed?.description ?? "",
      verdict.reason?.text ?? "valid",
    ]
  }

  fileprivate var json: JSON {
    var members: [(String, JSON)] = [
      ("handle", .number(handle.rawValue)), ("kind", .string(kindName)),
      ("issuedAt", .string(issuedAt.description)), ("expiresAt", .string(expiresAt.description)),
      ("valid", .bool(verdict.isValid)),
    ]
    if let reason = verdict.reason { members.append(("reason", .string(reason.text))) }
    if let used = lastUsed { members.append(("lastUsed", .string(used.description))) }
    return .object(members)
  }
}
