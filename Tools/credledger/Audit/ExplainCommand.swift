import ArgumentParser
import CredentialLedger
import LedgerOperations

struct ExplainCommand: DoorCommand {
  static let configuration = CommandConfiguration(
    commandName: "explain",
    abstract: "Explain why a token, grant, connector, group or account is valid or not, now or at a time.",
    discussion: """
      Shows the events that led to the result, and the one that decided it. A token is named by its handle, such as \
      token:42 or 42, or by its text. The text is a secret, and arguments are visible in the list of processes: give \
      it on standard input, by -, or in a file. Each line is then a token with its own result; white space, quotes and \
      Bearer around it are ignored; if one is no token, the exit status is 1. --proof writes the same events into a file, with the proof that they are in the \
      ledger.

      EXAMPLES
        credledger explain token:42 --ledger /var/lib/credledger
        credledger explain token:42 --at 2026-01-31T12:00:00Z --proof evidence.json
        credledger explain grant:17 --at 2h --format json
        credledger explain - < leaked.txt
      """)

  @Argument(
    help:
      "token:N or N, grant:N, connector:N, group:N, account:N, the ID of a connector or group that clients know, a token's text, or - for texts on standard input.",
    completion: .tokens)
  var object: String?
  @Option(help: "A file with the texts of tokens, a line each; - is standard input.", completion: .file())
  var file: String?
  @Option(
    help: "When: a position, a time in RFC 3339, or how long ago, such as 2h or 7d; without it now.",
    transform: MomentArgument.parse)
  var at: MomentArgument?
  @Option(
    help: ArgumentHelp(
      "A new file, private to its owner, for the evidence, in the format of evidence bundles.", valueName: "file"),
    completion: .file())
  var proof: String?
  @OptionGroup var revealing: RevealOptions
  @OptionGroup var ledger: LedgerOptions
  @OptionGroup var output: FormatOptions

  var changesLedger: Bool { revealing.reveal }
  var besideServer: String? {
    revealing.reveal && proof != nil
      ? "it writes no file; take the evidence by --proof without --reveal, and read by --reveal without --proof" : nil
  }
  var inputs: [CommandInput] {
    file.map { [CommandInput(name: $0, prompt: "token")] }
      ?? (object == "-" ? [CommandInput(name: "-", prompt: "token")] : [])
  }

  func run() async throws {
    let all: [Ledger.Explained]
    switch (object, file) {
    case (nil, let file?): all = try tokens(in: file).map { .presented($0) }
    case ("-", nil): all = try tokens(in: "-").map { .presented($0) }
    case (let object?, nil):
      guard PublicID(object) == nil else {
        all = []
        break
      }
      guard let named = Ledger.Explained(unwrapped(object)) else {
        throw ValidationError("Name a token:N, grant:N, connector:N, group:N or account:N, or give a token's text.")
      }
      all = [named]
    default: throw ValidationError("Name one object, or a file with a token's text.")
    }
    let at = at
    guard proof != "-" else {
      throw ValidationError("--proof: expected a file: the explanation goes to standard output; see credledger bundle.")
    }
    let evidence = try proof.map { try OutputFile($0, "--proof", of: ledger) }
    try evidence?.requireNew()
    let publicID = object.flatMap { PublicID($0) }
    try await ledger.reading(revealing) { ledger in
      let all = try publicID.map { [try Self.named($0, in: ledger)] } ?? all
      var results: [Result<Explanation, CheckFailed>] = []
      for explained in all {
        let explanation = try await ledger.explain(explained, at: at)
        do {
          try await requireKnown(explanation, explained, in: ledger)
          results.append(.success(explanation))
        } catch let failure as CheckFailed where all.count > 1 { results.append(.failure(failure)) }
      }
      let explanations = results.compactMap { try? $0.get() }
      if let evidence, !explanations.isEmpty {
        let bundle = try await ledger.evidence.bundle(of: explanations.flatMap { $0.steps.map(\.position) })
        try await evidence.write(bundle.encoded)
      }
      let values = results.enumerated().map { JSON($1, line: all.count > 1 ? $0 + 1 : nil) }
      if all.count == 1, let text = output.format.text(values[0]) { return print(text) }
      if output.format != .table { output.format.show(values, [], []) }
      guard output.format == .table else { return try Lines.requireAll(results.map { (try? $0.get()) != nil }) }
      let people = explanations.flatMap { $0.steps.flatMap(\.people) }
      let disclosure = try await revealing.disclosure(of: .subjects(people), for: "explain", in: ledger)
      let labels = try await ledger.audit.labels(of: people, under: disclosure)
      for (index, result) in results.enumerated() {
        if all.count > 1 { print("\(index > 0 ? "\n" : "")line \(index + 1)") }
        switch result {
        case .success(let explanation): show(explanation, labels)
        case .failure(let failure): print(failure.reason)
        }
      }
      try Lines.requireAll(results.map { (try? $0.get()) != nil })
    }
  }

  /// The connector or group that clients know by an ID.
  private static func named(_ publicID: PublicID, in ledger: Ledger) throws -> Ledger.Explained {
    if let connector = try ledger.connectors.connector(publicID: publicID) { return .connector(connector.id) }
    if let group = try ledger.groups.group(publicID: publicID) { return .group(group.id) }
    throw CheckFailed(reason: "there is no connector or group \(publicID) [not_found]", code: .notFound)
  }

  /// Refuses to explain what never was. What only came to be later has an explanation: it was not there yet.
  private func requireKnown(
    _ explanation: Explanation, _ explained: Ledger.Explained, in ledger: Ledger
  ) async throws {
    guard let subject = explanation.subject else {
      throw Lines.unknownToken
    }
    guard explanation.made == nil else { return }
    guard at != nil, let made = try await ledger.explain(explained).made else {
      throw CheckFailed(reason: "there is no \(subject) [not_found]", code: .notFound)
    }
    throw CheckFailed(
      reason: "there was no \(subject) yet at \(explanation.time): it was made at \(made.time) [not_found]",
      code: .notFound)
  }

  private func show(_ explanation: Explanation, _ labels: [Subject: Audit.Label]) {
    let subject = explanation.subject.map { "\($0) " } ?? ""
    let verdict = explanation.denialText.map { "not valid: \($0)" } ?? "valid"
    print("\(subject)at \(explanation.time): \(verdict)")
    for step in [explanation.decidedBy, explanation.stoppedBy].compactMap(\.self) {
      if let sentence = step.sentence(labels) { print(sentence.printable) }
    }
    if let claims = explanation.claims { print("may do \(claims.scopes) until \(claims.expiresAt)") }
    print("by the events up to \(explanation.position):")
    var table = Table(["", "TIME", "TYPE", "OBJECT"])
    for step in explanation.steps {
      let object = labels.name(step.object)
      table.append([
        "\(step.position)", "\(step.time)", "\(step.type)",
        object
          + mark(step, explanation),
      ])
    }
    for line in table.lines(width: Terminal.width) { print(line) }
  }

  private func mark(_ step: Explanation.Step, _ explanation: Explanation) -> String {
    if step == explanation.decidedBy { return "  <- decides" }
    let stops = step == explanation.stoppedBy || explanation.alsoStoppedBy.contains(step)
    return stops ? "  <- stops it too" : ""
  }
}

extension Explanation.Step {
  /// Whom and what it names: those of whom names are shown.
  var people: [Subject] { [object, actor] + (namedOperator.map { [Subject($0)] } ?? []) }

  /// Who stopped it, when and why, in words; nil for what stops nothing.
  fileprivate func sentence(_ labels: [Subject: Audit.Label]) -> String? {
    let verb: String
    switch type {
    case .accountDisabled: verb = "disabled"
    case .connectorDeactivated: verb = "set inactive"
    case .subjectErased: verb = "erased"
    case .connectorDeleted, .groupDeleted, .webhookDeleted: verb = "deleted"
    case .phoneRemoved, .groupMemberRemoved: verb = "removed"
    case .permissionRevoked, .tokenRevoked: verb = "revoked"
    case .groupMemberRoleChanged, .accountRoleChanged: verb = "given another role"
    default: return nil
    }
    // An operator at the command line has the name that was given.
    let by = labels.name(namedOperator.map { Subject($0) } ?? actor)
    return
      (["\(object) was \(verb) on \(time) by \(by)"]
      + [reason.map { "reason: \($0)" }, ticket.map { "ticket \($0)" }]
      .compactMap(\.self)).joined(separator: ", ")
  }
}

extension Explanation {
  /// Why it was not valid, as a sentence for a reader who does not know the types of events; nil if it was.
  func sentence(_ labels: [Subject: Audit.Label]) -> String? {
    guard let denialReason else { return nil }
    switch denialReason {
    case .malformed, .unknown, .wrongKind, .anotherConnector, .wrongKey, .otherAudience: return denialText
    case .expired(let end):
      let stop = stoppedBy.map { "; \($0.words(labels))" } ?? ""
      return "it expired at \(end)\(stop)\(later)"
    case .replaced(let successor):
      let when = decidedBy.map { " on \($0.time)" } ?? ""
      return "it was replaced by \(successor)\(when)\(later)"
    case .stopped: return decidedBy.map { $0.words(labels) + later } ?? denialText
    }
  }

  /// The later events that stop it too.
  private var later: String {
    guard !alsoStoppedBy.isEmpty else { return "" }
    return "; later also by event " + alsoStoppedBy.map { "\($0.position)" }.joined(separator: ", ")
  }
}

extension Explanation.Step {
  /// What happened, when, by whom and why.
  fileprivate func words(_ labels: [Subject: Audit.Label]) -> String {
    sentence(labels)
      ?? "event \(position), \(type), on \(time) by \(labels.name(namedOperator.map { Subject($0) } ?? actor))"
  }
}

extension [Subject: Audit.Label] {
  /// A subject with its name, where it has one that may be shown.
  func name(_ subject: Subject) -> String {
    let label = self[subject]
    let name = label?.standing == .erased ? "erased person" : label?.name
    return name.map { "\($0) (\(subject))" } ?? "\(subject)"
  }
}

extension Ledger.Explained {
  /// Reads the name of an object, or a token's text; nil for what is neither.
  init?(_ text: String) {
    if let handle = UInt64(text), handle > 0, text.first != "+" {
      self = .token(TokenID(rawValue: handle))
      return
    }
    guard text.contains(":") else {
      // Whatever has no colon may be meant as a token; the ledger says if it is none.
      guard text.utf8.count > 20 else { return nil }
      self = .presented(text)
      return
    }
    guard let subject = Subject(text), subject.number > 0 else { return nil }
    switch subject.kind {
    case .token, .family: self = .token(TokenID(rawValue: subject.number))
    case .grant: self = .grant(GrantID(rawValue: subject.number))
    case .connector: self = .connector(ConnectorID(rawValue: subject.number))
    case .account: self = .account(AccountID(rawValue: subject.number))
    case .group: self = .group(GroupID(rawValue: subject.number))
    default: return nil
    }
  }
}

extension JSON {
  /// - Parameter line: which line of several it was.
  fileprivate init(_ result: Result<Explanation, CheckFailed>, line: Int?) {
    let members = line.map { [("line", JSON.number(UInt64($0)))] } ?? []
    switch result {
    case .success(let explanation): self.init(explanation, members)
    case .failure(let failure): self = .object(members + Lines.members(of: failure))
    }
  }

  private init(_ explanation: Explanation, _ first: [(String, JSON)]) {
    var members = first
    if let subject = explanation.subject { members.append(("subject", .string("\(subject)"))) }
    members += [
      ("time", .string("\(explanation.time)")), ("position", .number(explanation.position.rawValue)),
      ("valid", .bool(explanation.isValid)),
    ]
    if let reason = explanation.denialText { members.append(("reason", .string(reason))) }
    if let claims = explanation.claims {
      members += [
        ("scopes", .array("\(claims.scopes)".split(separator: ",").map { .string(String($0)) })),
        ("expiresAt", .string("\(claims.expiresAt)")),
      ]
    }
    if let decisive = explanation.decidedBy { members.append(("decidedBy", JSON(decisive))) }
    if let other = explanation.stoppedBy { members.append(("stoppedBy", JSON(other))) }
    if !explanation.alsoStoppedBy.isEmpty {
      members.append(("alsoStoppedBy", .array(explanation.alsoStoppedBy.map { JSON($0) })))
    }
    members.append(("events", .array(explanation.steps.map { JSON($0) })))
    self = .object(members)
  }

  private init(_ step: Explanation.Step) {
    var members: [(String, JSON)] = [
      ("position", .number(step.position.rawValue)), ("time", .string(step.time.description)),
      ("type", .string(step.type.description)), ("object", .string(step.object.description)),
      ("actor", .string(step.actor.description)),
    ]
    if let named = step.namedOperator { members.append(("operator", JSON(named))) }
    if let reason = step.reason { members.append(("reason", .string(reason))) }
    if let ticket = step.ticket { members.append(("ticket", .string(ticket))) }
    self = .object(members)
  }
}
