import ArgumentParser
import CredentialLedger

struct ReviewCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "review",
    abstract: "List grants, connectors or people for a review of access, also for a spreadsheet.",
    discussion: """
      Shows who has what access, since when, who gave it, and when it was used last. csv is for spreadsheets: a cell that looks \
      like a formula gets an apostrophe before it, and times are in UTC, as 2026-01-31T12:00:00.000Z. A table leaves out \
      columns that are empty. Names of people are shown only with --reveal, which is recorded first.

      EXAMPLES
        credledger review grants --since 2026-07-01 --until 2026-10-01 --format csv > quarter.csv
        credledger review grants --unused 90d
        credledger review connectors --name roster
        credledger review people --reveal --as Ada --ticket AUD-4 --format csv
      """,
    subcommands: [Grants.self, Connectors.self, People.self])

  struct Grants: DoorCommand {
    static let configuration = CommandConfiguration(
      abstract: "List all grants that are not revoked, with who gave them, and when they were used last.",
      discussion: """
        In the order in which they were given. The last use is that of any token of a grant, to the minute, or when a token was last \
        issued to its program. A grant counts as unused for a time if it was given so long ago, and there was no use since.

        EXAMPLES
          credledger review grants --since 2026-07-01 --until 2026-10-01 --format csv > quarter.csv
          credledger review grants --unused 90d --owner-disabled --format ndjson
        """)
    @OptionGroup var ledger: LedgerOptions
    @OptionGroup var review: ReviewOptions
    var changesLedger: Bool { review.revealing.reveal }
    @Option(
      help: "Given then or later: a time in RFC 3339, a date such as 2026-01-31, or how long ago, such as 7d.",
      transform: TimeArgument.parse)
    var since: TimeArgument?
    @Option(help: "Given before then.", transform: TimeArgument.parse) var until: TimeArgument?
    @Option(help: "Not used for so long, such as 90d.", transform: ReviewOptions.duration) var unused: Duration?
    @Flag(help: "Of connectors whose owner's account is disabled or erased.") var ownerDisabled = false

    func validate() throws {
      let now = Timestamp.now
      if let since = since?.bound(now: now), let until = until?.bound(now: now), since > until {
        throw ValidationError("--since is later than --until: \(since), \(until).")
      }
    }

    func run() async throws {
      try await review.show(in: ledger, as: "review grants", ReviewedGrant.columns) { ledger, names in
        var asked = GrantReview()
        let now = try ledger.now
        (asked.since, asked.until) = (since?.bound(now: now), until?.bound(now: now))
        (asked.unusedFor, asked.isOwnerGone, asked.name) = (unused, ownerDisabled, review.name)
        var rows: [ReviewedGrant] = []
        var last: GrantID?
        repeat {
          let page = try await ledger.grants.toReview(asked, after: last, limit: 10_000)
          rows += page.grants
          last = page.next
        } while last != nil
        let known = try await names(Set(rows.flatMap { [$0.state.grant.granter, $0.connector.owner] }))
        var scopes: [Scopes: String] = [:]
        return rows.map { row in
          let allowed = row.state.grant.scopes
          let words = scopes[allowed] ?? allowed.description.replacing(",", with: " ")
          scopes[allowed] = words
          return row.cells(known, scopes: words)
        }
      }
    }
  }

  struct Connectors: DoorCommand {
    static let configuration = CommandConfiguration(
      abstract: "List all connectors, with their owners, grants in force and last use.",
      discussion: """
        The last use is that of any token of a connector, to the minute, or when a token was last issued to it. A connector counts as \
        unused for a time if it was created so long ago, and there was no use since.

        EXAMPLES
          credledger review connectors --format csv > connectors.csv
          credledger review connectors --unused 180d --name roster
        """)
    @OptionGroup var ledger: LedgerOptions
    @OptionGroup var review: ReviewOptions
    var changesLedger: Bool { review.revealing.reveal }
    @Option(help: "Not used for so long, such as 180d.", transform: ReviewOptions.duration) var unused: Duration?
    @Flag(help: "Of owners whose account is disabled or erased.") var ownerDisabled = false

    func run() async throws {
      let columns = [
        "connector", "name", "owner", "ownerName", "ownerState", "state", "permissions", "created", "grants",
        "lastUsed",
      ]
      try await review.show(in: ledger, as: "review connectors", columns) { ledger, names in
        let now = try ledger.now
        var rows: [(connector: Connector, isOwnerGone: Bool, state: String, grants: Int, used: Timestamp?)] = []
        try await ReviewOptions.forEachPage(in: ledger) { page in
          let named = page.filter { review.isNamed($0.connector.details.name) }
          for (state, usage) in zip(named, try await ledger.connectors.usage(of: named.map(\.connector))) {
            if let unused, !usage.isUnused(for: unused, at: now) { continue }
            let connector = state.connector
            let isOwnerGone = try ledger.accounts.account(connector.owner).map { $0.isDisabled || $0.isErased } ?? true
            guard !ownerDisabled || isOwnerGone else { continue }
            rows.append(
              (
                connector, isOwnerGone, state.denialReason?.text ?? "active",
                try ledger.grants.states(to: connector.id).count(where: \.isInForce), usage.last
              ))
          }
        }
        let known = try await names(Set(rows.map(\.connector.owner)))
        return rows.map { row in
          [
            "\(row.connector.id)", row.connector.details.name, "\(row.connector.owner)",
            known[row.connector.owner] ?? "",
            row.isOwnerGone ? "disabled" : "enabled", row.state,
            Scopes(rawValue: row.connector.details.scopes).description.replacing(",", with: " "),
            "\(row.connector.createdAt)", "\(row.grants)",
            row.used.map { "\($0)" } ?? "",
          ]
        }
      }
    }
  }

  struct People: DoorCommand {
    static let configuration = CommandConfiguration(
      abstract: "List all accounts, with their roles, connectors, grants and last sign-in.",
      discussion: """
        --name looks in the names of people, which are sealed, so it takes --reveal; credledger find looks for one person without.

        EXAMPLES
          credledger review people --format csv > people.csv
          credledger review people --reveal --as Ada --ticket AUD-4
        """)
    @OptionGroup var ledger: LedgerOptions
    @OptionGroup var review: ReviewOptions
    var changesLedger: Bool { review.revealing.reveal }
    @Option(help: "Not signed in for so long, such as 90d.", transform: ReviewOptions.duration) var unused: Duration?

    func validate() throws {
      // Without the names nobody would be found, as if there were nobody.
      guard review.name == nil || review.revealing.reveal else {
        throw ValidationError("--name: names of people are sealed; give --reveal, or look for one by credledger find.")
      }
    }

    func run() async throws {
      let columns = [
        "account", "name", "role", "state", "issuer", "registered", "phones", "connectors", "grants", "lastSignIn",
      ]
      try await review.show(in: ledger, as: "review people", columns) { ledger, names in
        let now = try ledger.now
        var rows: [(account: Account, cells: [String])] = []
        var last: AccountID?
        repeat {
          let page = try ledger.accounts.list(after: last, limit: 1_000)
          last = page.last?.id
          for account in page {
            let signIns = Audit.Filter.actor(Subject(account.id)).and(.type(.accountSignedIn))
            let signedIn = try await ledger.audit.search(signIns, limit: 1).entries.first?.time
            if let unused, (signedIn ?? account.registeredAt) > now - unused { continue }
            rows.append(
              (
                account,
                [
                  "\(account.registeredAt)", "\(try ledger.phones.verified(by: account.id).count)",
                  "\(try ledger.connectors.owned(by: account.id).count)",
                  "\(try ledger.grants.states(by: account.id).count(where: \.isInForce))",
                  signedIn.map { "\($0)" } ?? "",
                ]
              ))
          }
        } while last != nil
        let known = try await names(Set(rows.map(\.account.id)))
        return rows.compactMap { row in
          let name = known[row.account.id]
          guard review.isNamed(name) else { return nil }
          let head = row.account.row
          return [head[0], name ?? "", head[1], head[2], head[3]] + row.cells
        }
      }
    }
  }
}

extension ReviewedGrant {
  fileprivate static let columns = [
    "grant", "connector", "connectorName", "owner", "ownerName", "ownerState", "granter", "granterName", "group",
    "groupName",
    "scopes", "granted", "by", "operator", "reason", "ticket", "lastUsed", "state",
  ]

  /// - Parameter scopes: what it allows, in words: few sets of scopes are many grants'.
  fileprivate func cells(_ names: [AccountID: String], scopes: String) -> [String] {
    let grant = state.grant
    return [
      "\(grant.id)", "\(connector.id)", connector.details.name, "\(connector.owner)", names[connector.owner] ?? "",
      isOwnerGone ? "disabled" : "enabled", "\(grant.granter)", names[grant.granter] ?? "",
      grant.group.map { "\($0)" } ?? "", group?.name ?? "", scopes,
      "\(grant.grantedAt)", approval.map { "\($0.actor)" } ?? "", approval?.namedOperator.map { "\($0)" } ?? "",
      approval?.reason ?? "", approval?.ticket ?? "", lastUsed.map { "\($0)" } ?? "",
      state.denialReason?.text ?? "in-force",
    ]
  }
}

/// What the lists of a review have in common.
struct ReviewOptions: ParsableArguments {
  @Option(help: "Only where a name has this text in it, whatever the case.") var name: String?
  @OptionGroup var revealing: RevealOptions
  @OptionGroup var output: FormatOptions

  static func duration(_ text: String) throws -> Duration {
    guard let duration = Duration(spelled: text) else { throw ValidationError("expected how long, such as 90d.") }
    return duration
  }

  /// Whether one of some names has the text that is asked for.
  func isNamed(_ names: String?...) -> Bool {
    guard let sought = name?.lowercased() else { return true }
    return names.contains { $0?.lowercased().contains(sought) == true }
  }

  /// Gives the names of people, where they may be shown.
  typealias Names = @Sendable (Set<AccountID>) async throws -> [AccountID: String]

  /// Makes the rows of a list, and prints them.
  func show(
    in ledger: LedgerOptions, as command: String, _ columns: [String],
    _ rows: @Sendable (Ledger, @escaping Names) async throws -> [[String]]
  ) async throws {
    if columns.contains("lastUsed") { await ledger.haveUsesWritten() }
    let made = try await ledger.reading(revealing) { opened in
      // Does nothing where the ledger is open for reading: its writer was asked before.
      try await opened.tokens.flushLastUses()
      let disclosure = try await revealing.disclosure(of: .everybody, for: command, in: opened)
      return try await rows(opened) { accounts in
        guard let disclosure else { return [:] }
        let labels = try await opened.audit.labels(of: accounts.map { Subject($0) }, under: disclosure)
        return Dictionary(
          uniqueKeysWithValues: accounts.compactMap { id in labels[Subject(id)]?.name.map { (id, $0) } })
      }
    }
    switch output.format {
    case .csv:
      // All columns, whatever is in them.
      Output.write(CSV.record(columns))
      for row in made { Output.write(CSV.record(row.map(\.printable))) }
    case .field:
      output.format.show(
        made.map { row in .object(zip(columns, row).map { ($0, .string($1)) }) }, [], [])
    case .json, .ndjson, .table:
      let values = made.map { row in
        JSON.object(zip(columns, row).compactMap { $1.isEmpty ? nil : ($0, .string($1)) })
      }
      // On a screen, a column with nothing in it takes room from the others.
      let shown = columns.indices.filter { column in made.isEmpty || made.contains { !$0[column].isEmpty } }
      output.format.show(
        values, shown.map { Self.heading(columns[$0]) }, made.map { row in shown.map { row[$0] } })
    }
  }

  /// The name of a column for people, such as `LAST USED` of `lastUsed`.
  private static func heading(_ column: String) -> String {
    column.map { $0.isUppercase ? " \($0)" : "\($0)" }.joined().uppercased()
  }

  /// Goes through all connectors that are not deleted, oldest first, a page at a time.
  static func forEachPage(in ledger: Ledger, _ body: ([ConnectorState]) async throws -> Void) async throws {
    var last: ConnectorID?
    repeat {
      let page = try ledger.connectors.states(after: last, limit: 1_000)
      last = page.last?.connector.id
      try await body(page.filter { !$0.connector.isDeleted })
    } while last != nil
  }
}
