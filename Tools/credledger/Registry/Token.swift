import ArgumentParser
import CredentialLedger

struct Token: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "List, explain and revoke tokens.",
    discussion: """
      Tokens go by their public handles, as token:42. A token's text is a secret: give it by - on standard input, so that \
      it stays out of the shell's history.

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
        One event whatever the number of tokens, recorded as the operator's. What is stopped already is no error, and \
        what there is not is one. The grant, the connector and the account stand, and can be given new tokens.

        A token that leaked is given by its text: by - on standard input, so that no other process sees it. An access token \
        is revoked alone, a refresh token with its family.

        EXAMPLES
          credledger token revoke token:42
          credledger token revoke family:18
          credledger token revoke grant:17
          credledger token revoke account:3 --format json
          credledger token revoke - < leaked.txt
        """)

    @Argument(help: "token:N, family:N, grant:N, connector:N or account:N; - reads a token's text from standard input.")
    var target: String
    @OptionGroup var ledger: LedgerOptions
    @OptionGroup var output: FormatOptions

    func run() async throws {
      let explained: Ledger.Explained
      if target == "-" {
        explained = .presented(try secret(in: target))
      } else if Subject(target) != nil, let named = Ledger.Explained(target) {
        explained = named
      } else {
        throw ValidationError(
          "Name a token:N, family:N, grant:N, connector:N or account:N, or give a token's text by - on standard input.")
      }
      // No other process can write between the two.
      let (subject, before, isNew) = try await ledger.writing { opened in
        let before = try await opened.explain(explained)
        guard let subject = before.subject, case let isText = target == "-", !isText || before.obstacle != .unknown
        else {
          throw CheckFailed(
            reason: "that is no token of this ledger: mistyped, cut off, or another ledger's [not_found]")
        }
        guard let made = before.made, made.type != .tokenIssued || !target.hasPrefix("family:") else {
          throw CheckFailed(reason: "there is no \(target) [not_found]")
        }
        let named = RevokeToken.Target(subject, isAccess: made.type == .tokenIssued)
        return (subject, before, try await opened.tokens.revoke(named, by: Requester.operator))
      }
      let name = target == "-" ? "\(subject)" : target
      if let text = output.format.text(Self.json(name, isNew, before)) { return print(text) }
      let state = before.obstacleText.map { " (\($0))" } ?? ""
      print(isNew ? "\(name) is revoked\(state)" : "\(name): there was nothing to revoke\(state)")
    }

    private static func json(_ name: String, _ isNew: Bool, _ before: Explanation) -> JSON {
      var members: [(String, JSON)] = [("target", .string(name)), ("revoked", .bool(isNew))]
      if let reason = before.obstacleText { members.append(("reason", .string(reason))) }
      return .object(members)
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
  /// - Parameter isAccess: of a token, whether it is an access token, which goes alone.
  fileprivate init(_ subject: Subject, isAccess: Bool) {
    self =
      switch subject.kind {
      case .grant: .grant(GrantID(rawValue: subject.number))
      case .connector: .connector(ConnectorID(rawValue: subject.number))
      case .account: .account(AccountID(rawValue: subject.number))
      default: isAccess ? .token(TokenID(rawValue: subject.number)) : .refreshToken(TokenID(rawValue: subject.number))
      }
  }
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
