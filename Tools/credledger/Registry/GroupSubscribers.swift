import ArgumentParser
import CredentialLedger

extension GroupCommand {
  struct Subscribers: DoorCommand {
    static let configuration = CommandConfiguration(
      abstract: "List the subscribers of a public group, in the order in which they were added.",
      discussion: """
        A public group is of the kind connect-group. A subscriber by a number that nobody has verified yet has no \
        account. Numbers are shown only with --reveal; those of erased people cannot be shown.

        EXAMPLES
          credledger group subscribers 5
          credledger group subscribers 5 --after 19 --limit 20 --format ndjson
          credledger group subscribers 5 --reveal
        """)
    @OptionGroup var ledger: LedgerOptions
    @OptionGroup var output: FormatOptions
    @Argument(help: "The group, such as group:5 or 5, or its ID.") var group: GroupName
    @Option(parsing: .unconditional, help: "Go on after this subscription, the last one of the page before.") var after:
      SubscriptionID?
    @Option(parsing: .unconditional, help: "How many, 1 to 50.") var limit = 50
    @OptionGroup var revealing: RevealOptions

    var changesLedger: Bool { revealing.reveal }

    func validate() throws { try requireLimit(limit, 1...50) }

    func run() async throws {
      let (group, after, limit) = (group, after, limit)
      let (subscribers, numbers) = try await ledger.reading(revealing) { ledger in
        let page = try ledger.groups.subscribers(
          of: group.find(in: ledger).id, after: after, limit: limit, by: Requester.operator)
        let disclosure = try await revealing.disclosure(
          of: .subscribers(page.subscribers), for: "group subscribers", in: ledger)
        var numbers: [String?]?
        if let disclosure { numbers = try await ledger.groups.revealNumbers(of: page.subscribers, under: disclosure) }
        return (page.subscribers, numbers)
      }
      output.format.show(
        subscribers.map(\.json), ["SUBSCRIPTION", "ACCOUNT"], subscribers.map(\.row), numbers: numbers,
        columns: ["subscription", "group", "account", "byNumber"])
    }
  }

  struct Subscribe: DoorCommand {
    static let configuration = CommandConfiguration(
      abstract: "Make people subscribers of a public group, each by account or by number.",
      discussion: """
        At most 100 at once. Existing subscribers may be named as well. A number that nobody holds becomes a \
        subscription of the person who verifies it.

        EXAMPLES
          credledger group subscribe 5 --account 3 --account 4
          credledger group subscribe 5 --number-file numbers.txt
        """)
    @OptionGroup var ledger: LedgerOptions
    @OptionGroup(title: "Who and why") var by: OperatorOptions
    @OptionGroup var output: FormatOptions
    @Argument(help: "The group, such as group:5 or 5, or its ID.") var group: GroupName
    @OptionGroup var named: PeopleOptions

    var inputs: [CommandInput] { named.inputs }

    func validate() throws { try named.requireSomebody() }

    func run() async throws {
      let (group, people) = (group, try named.people())
      let made = try await ledger.writing(by) { ledger, context in
        try await ledger.groups.subscribe(
          people, to: group.find(in: ledger).id, by: Requester.operator, context: context)
      }
      let changes = zip(people.names, made).map { Change(target: $0, isNew: $1 != nil) }
      changes.show(output.format, "is a subscriber now")
    }
  }

  struct Unsubscribe: DoorCommand {
    static let configuration = CommandConfiguration(
      abstract: "End people's subscriptions to a public group, each by account or by number.",
      discussion: """
        At most 100 at once. A number names the subscriber that was added by it, and the account that holds it.

        EXAMPLES
          credledger group unsubscribe 5 --account 3
          credledger group unsubscribe 5 --number-file -
        """)
    @OptionGroup var ledger: LedgerOptions
    @OptionGroup(title: "Who and why") var by: OperatorOptions
    @OptionGroup var output: FormatOptions
    @Argument(help: "The group, such as group:5 or 5, or its ID.") var group: GroupName
    @OptionGroup var named: PeopleOptions

    var inputs: [CommandInput] { named.inputs }

    func validate() throws { try named.requireSomebody() }

    func run() async throws {
      let (group, people) = (group, try named.people())
      let ended = try await ledger.writing(by) { ledger, context in
        try await ledger.groups.unsubscribe(
          people, from: group.find(in: ledger).id, by: Requester.operator, context: context)
      }
      let changes = zip(people.names, ended).map { Change(target: $0, isNew: $1) }
      changes.show(output.format, "is no longer a subscriber")
    }
  }
}

extension OutputFormat {
  /// Prints people of a group, with their numbers where those were asked for.
  func show(
    _ people: [[(String, JSON)]], _ headings: [String], _ rows: [[String]], numbers: [String?]?, columns: [String]
  ) {
    guard let numbers else { return show(people.map { .object($0) }, headings, rows, columns: columns) }
    show(
      zip(people, numbers).map { person, number in
        .object(person + (number.map { [("number", .string($0))] } ?? []))
      },
      headings + ["NUMBER"], zip(rows, numbers).map { row, number in row + [number ?? ""] },
      columns: columns + ["number"])
  }
}

extension GroupSubscription {
  fileprivate var row: [String] { ["\(id)", account?.description ?? "waits for its number"] }

  fileprivate var json: [(String, JSON)] {
    var members: [(String, JSON)] = [("subscription", JSON(id)), ("group", JSON(group))]
    if let account { members.append(("account", JSON(account))) }
    members.append(("byNumber", .bool(number != nil)))
    return members
  }
}
