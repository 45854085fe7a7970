import ArgumentParser
import CredentialLedger

struct Token: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "List, explain and revoke tokens.",
    discussion: """
      Tokens are named by their public handles, such as token:42. A token's text is a secret: give it by - on standard \
      input, so that it stays out of the shell's history.

      EXAMPLES
        credledger token list grant:17 --ledger /var/lib/credledger
        credledger token explain token:42 --at 2026-01-31T12:00:00Z
        credledger token explain --file leaked.txt --format json
        credledger token revoke connector:9
      """, subcommands: [List.self, ExplainCommand.self, Revoke.self, WriteUses.self])
}

extension Token {
  struct List: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "List the tokens of a connector, a grant or a family, newest first.",
      discussion: """
        EXAMPLES
          credledger token list connector:9 --limit 20
          credledger token list family:18 --before token:512 --format ndjson
        """)

    @Argument(
      help: "Whose tokens: connector:N, grant:N or family:N.",
      completion: .subjects(madeBy: "connector.created", "permission.granted", "refresh_token.issued"))
    var owner: String
    @Option(parsing: .unconditional, help: "How many, 1 to 1000.")
    var limit = 50
    @Option(
      parsing: .unconditional,
      help: "Only tokens with a lesser handle, such as token:42 or 42, to get those that follow a list.",
      completion: .tokens)
    var before: TokenID?
    @OptionGroup var ledger: LedgerOptions
    @OptionGroup var output: FormatOptions

    func validate() throws { try requireLimit(limit, 1...1_000) }

    func run() async throws {
      guard let listing = Tokens.Listing(owner) else {
        throw ValidationError("Name a connector:N, grant:N or family:N.")
      }
      let before = before
      let limit = limit
      let owner = Subject(owner)
      await ledger.haveUsesWritten()
      let tokens = try await ledger.reading { ledger in
        if let owner { try await ledger.requireKnown(owner) }
        return try await ledger.tokens.list(listing, limit: limit, before: before)
      }
      output.format.show(
        tokens.map(\.json), ["TOKEN", "KIND", "ISSUED", "EXPIRES", "LAST USED", "STATE"], tokens.map(\.row),
        columns: ["handle", "kind", "issuedAt", "expiresAt", "valid", "reason", "lastUsed"])
    }
  }

  struct Revoke: DoorCommand {
    static let configuration = CommandConfiguration(
      abstract: "Revoke a token, a refresh token with its family, or all of a grant, a connector or an account.",
      discussion: """
        One event, whatever the number of tokens. A target that is stopped already is no error; one that does not \
        exist is. The grant, the connector and the account stay, and can get new tokens.

        Give a leaked token by its text: by - on standard input, so that no other process sees it. Each line is a \
        token with its own result; white space, quotes and Bearer around it are ignored. An access token is revoked \
        alone, a refresh token with its family. If a line fails, the others are performed all the same, and the exit status is 1.

        EXAMPLES
          credledger token revoke token:42
          credledger token revoke family:18
          credledger token revoke grant:17
          credledger token revoke account:3 --format json
          credledger token revoke - < leaked.txt
        """)

    @Argument(
      help: "token:N, family:N, grant:N, connector:N or account:N; - reads tokens' texts from standard input.",
      completion: .subjects(
        madeBy: "token.issued", "refresh_token.issued", "permission.granted", "connector.created", "account.registered")
    )
    var target: String
    @OptionGroup var ledger: LedgerOptions
    @OptionGroup(title: "Who and why") var by: OperatorOptions
    @OptionGroup var output: FormatOptions

    var inputs: [CommandInput] { target == "-" ? [CommandInput(name: "-", prompt: "token")] : [] }

    func run() async throws {
      let targets: [(name: String?, explained: Ledger.Explained)]
      if target == "-" {
        targets = try tokens(in: target).map { (nil, .presented($0)) }
      } else if let subject = Subject(target), subject.kind != .group, let named = Ledger.Explained(target) {
        targets = [(target, named)]
      } else {
        throw ValidationError(
          "Name a token:N, family:N, grant:N, connector:N or account:N, or give tokens' texts by - on standard input.")
      }
      // No other process can write between the two.
      let results = try await ledger.writing(by) { opened, context in
        var results: [Revoked] = []
        for (name, explained) in targets { results.append(try await Self.revoke(name, explained, in: opened, context)) }
        return results
      }
      if results.count == 1, let failure = results[0].failure { throw failure }
      let numbered = results.enumerated().map { results.count == 1 ? $1.json(nil) : $1.json($0 + 1) }
      if results.count == 1, let text = output.format.text(numbered[0]) { return print(text) }
      if output.format != .table { output.format.show(numbered, [], []) }
      for (index, result) in results.enumerated() where output.format == .table {
        print(results.count == 1 ? result.line : "line \(index + 1): \(result.line)")
      }
      try Lines.requireAll(results.map { $0.failure == nil })
    }

    /// What came of one target.
    private struct Revoked: Sendable {
      let name: String
      var isNew = false
      var reason: String?
      var failure: CheckFailed?

      var line: String {
        if let failure { return failure.reason }
        let state = reason.map { " (\($0))" } ?? ""
        guard isNew else { return "\(name): there was nothing to revoke\(state)" }
        // A grant, a connector and an account stand, and can be given new tokens.
        let hasTokens = ["grant:", "connector:", "account:"].contains(where: name.hasPrefix)
        return hasTokens ? "all tokens of \(name) so far are revoked\(state)" : "\(name) is revoked\(state)"
      }

      /// - Parameter line: which line of several it was.
      func json(_ line: Int?) -> JSON {
        var members = line.map { [("line", JSON.number(UInt64($0)))] } ?? []
        if let failure { return .object(members + Lines.members(of: failure)) }
        members += [("target", .string(name)), ("revoked", .bool(isNew))]
        if let reason { members.append(("reason", .string(reason))) }
        return .object(members)
      }
    }

    /// - Parameter name: how it was named; nil for a token's text, which is not repeated.
    private static func revoke(
      _ name: String?, _ explained: Ledger.Explained, in opened: Ledger, _ context: RequestContext
    ) async throws -> Revoked {
      let before = try await opened.explain(explained)
      guard let subject = before.subject, name != nil || before.denialReason != .unknown else {
        return Revoked(name: "", failure: Lines.unknownToken)
      }
      guard let made = before.made, made.type != .tokenIssued || name?.hasPrefix("family:") != true else {
        return Revoked(
          name: "", failure: CheckFailed(reason: "there is no \(name ?? "\(subject)") [not_found]", code: .notFound))
      }
      let target = RevokeToken.Target(subject, isAccess: made.type == .tokenIssued)
      let isNew = try await opened.tokens.revoke(target, by: Requester.operator, context: context)
      return Revoked(name: name ?? "\(subject)", isNew: isNew, reason: before.denialText)
    }
  }
}

/// What commands that take several lines have in common: each line has its result.
enum Lines {
  static let unknownToken = CheckFailed(
    reason: "that is no token of this ledger: mistyped, cut off, or another ledger's [not_found]", code: .notFound)

  /// The members of a result that is a failure.
  static func members(of failure: CheckFailed) -> [(String, JSON)] {
    (failure.code.map { [("code", JSON.string("\($0)"))] } ?? []) + [("reason", .string(failure.reason))]
  }

  /// Fails where some of several lines did, all of which have been told.
  static func requireAll(_ succeeded: [Bool]) throws {
    let failed = succeeded.count { !$0 }
    guard failed > 0 else { return }
    throw CheckFailed(reason: "\(failed) of \(count(succeeded.count, "line")) failed", isTold: true)
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
      ("handle", JSON(handle)), ("kind", .string(kindName)),
      ("issuedAt", .string(issuedAt.description)), ("expiresAt", .string(expiresAt.description)),
      ("valid", .bool(verdict.isValid)),
    ]
    if let reason = verdict.reason { members.append(("reason", .string(reason.text))) }
    if let used = lastUsed { members.append(("lastUsed", .string(used.description))) }
    return .object(members)
  }
}
