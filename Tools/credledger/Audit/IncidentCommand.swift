import ArgumentParser
import CredentialLedger

struct IncidentCommand: DoorCommand {
  static let configuration = CommandConfiguration(
    commandName: "incident", abstract: "Deal with tokens that are where they do not belong.",
    discussion: """
      Takes any text that was pasted, such as a mail or a log, finds every access and refresh token of this ledger in it, and \
      tells for each whose it is, since when it is valid, when it was used last, and what its family did. --revoke stops what \
      was found: token, an access token alone and a refresh token with its family; family, the refresh token with all that came \
      of it; grant, the whole access for good. The text of a token is a secret, and arguments are visible in the list of \
      processes: give it by - on standard input, or in a file. A handle, such as token:42, may be named instead.

      Of the last use the minute is known, and neither the address nor what was done with the token. With --reveal the addresses \
      of the events are shown, which is recorded first: those from which tokens were issued and rotated.

      EXIT STATUS
        0  there is at least one token, and all that was asked is done
        1  no token of this ledger was found, or one could not be stopped
        2  wrong usage
        3  the ledger or the file could not be read

      EXAMPLES
        credledger incident - < mail.txt
        credledger incident - --revoke family --as Ada --reason "pasted into a ticket" --ticket SEC-12 < mail.txt
        credledger incident token:42 --reveal --format json
      """)

  /// How far a revocation reaches.
  enum Reach: String, ExpressibleByArgument, CaseIterable {
    case token, family, grant
  }

  @Argument(help: "token:N or N, a token's text, or - for any text on standard input.", completion: .tokens)
  var object: String?
  @Option(help: "A file with any text; - is standard input.", completion: .file()) var file: String?
  @Option(help: "Stop what is found: token, family or grant.") var revoke: Reach?
  @OptionGroup var revealing: RevealOptions
  @OptionGroup var ledger: LedgerOptions
  @OptionGroup var output: FormatOptions

  var changesLedger: Bool { revealing.reveal || revoke != nil }
  var inputs: [CommandInput] {
    file.map { [CommandInput(name: $0)] } ?? (object == "-" ? [CommandInput(name: "-")] : [])
  }

  /// The most that is read of a text, in bytes.
  private static let limit = 64 << 20

  func validate() throws {
    guard (object == nil) != (file == nil) else { throw ValidationError("Give token:N, -, or --file.") }
  }

  func run() async throws {
    let source: Source
    if let object, object != "-" {
      if let handle = TokenID(object), handle.rawValue > 0 {
        source = .handle(handle)
      } else if object.utf8.count > 20 {
        // Too long for a handle that was mistyped; the ledger says if it is no token.
        source = .text(Array(object.utf8))
      } else {
        throw ValidationError("Name token:N, or give text by - on standard input.")
      }
    } else {
      source = .text(try contents(of: file ?? "-", limit: Self.limit))
    }
    await ledger.haveUsesWritten()
    let incidents =
      revoke == nil
      ? try await ledger.reading(revealing) { try await examine(source, in: $0) }
      : try await ledger.writing { try await examine(source, in: $0) }
    guard !incidents.isEmpty else {
      guard case .handle(let handle) = source else { throw Lines.noToken }
      throw CheckFailed(reason: "there is no \(handle) [not_found]", code: .notFound)
    }
    if output.format != .table { output.format.show(incidents.map(\.json), [], []) }
    if output.format == .table {
      for (index, incident) in incidents.enumerated() {
        if index > 0 { print("") }
        for line in incident.lines { print(line.printable) }
      }
    }
    let failed = incidents.count { $0.failure != nil }
    if failed > 0 {
      throw CheckFailed(reason: "\(failed) of \(count(incidents.count, "token")) could not be stopped", isTold: true)
    }
  }

  /// Where tokens come from.
  private enum Source {
    case handle(TokenID)
    case text([UInt8])
  }

  private func examine(_ source: Source, in opened: Ledger) async throws -> [ExaminedToken] {
    let handles: [TokenID]
    switch source {
    case .handle(let handle): handles = [handle]
    case .text(let text):
      var found: [TokenID] = []
      for token in try opened.tokens.find(in: text) {
        // Text under the ledger's mask that nobody issued is none of its tokens.
        if let handle = try opened.tokens.handle(of: token.token), !found.contains(handle) { found.append(handle) }
      }
      handles = found
    }
    var examined: [ExaminedToken] = []
    for handle in handles {
      guard let incident = try await opened.tokens.incident(of: handle) else { continue }
      var result = ExaminedToken(incident)
      if let revoke { try await stop(&result, revoke, in: opened) }
      let disclosure = try await revealing.disclosure(of: .entries(incident.events), for: "incident", in: opened)
      result.description = try await opened.audit.describe(incident.events, under: disclosure)
      examined.append(result)
    }
    return examined
  }

  /// Stops a token as far as was asked; what is refused is told with the token.
  private func stop(_ result: inout ExaminedToken, _ reach: Reach, in opened: Ledger) async throws {
    let incident = result.incident
    let context = try await revealing.by.context(in: opened)
    do throws(LedgerError) {
      switch reach {
      case .token:
        result.isStopped = try await opened.tokens.revoke(
          incident.kind == .access ? .token(incident.handle) : .refreshToken(incident.handle), by: Requester.operator,
          context: context)
      case .family:
        // Whatever belongs to no family is stopped alone.
        let target = incident.family.map { RevokeToken.Target.refreshToken(TokenID(rawValue: $0.rawValue)) }
        result.isStopped = try await opened.tokens.revoke(
          target ?? .token(incident.handle), by: Requester.operator, context: context)
      case .grant:
        if let grant = incident.grant {
          result.isStopped = try await opened.grants.revoke(grant.id, by: Requester.operator, context: context)
        } else {
          result.isStopped = try await opened.tokens.revoke(
            .token(incident.handle), by: Requester.operator, context: context)
        }
      }
      result.reach = reach
      result.after = try await opened.explain(.token(incident.handle))
    } catch {
      // Of two tokens under one grant the first has stopped it.
      guard error.isRefusal else { throw error }
      result.after = try await opened.explain(.token(incident.handle))
      if error.code.rawValue != "gone" { result.failure = error } else { result.reach = reach }
    }
  }
}

extension Lines {
  static let noToken = CheckFailed(
    reason: "there is no token of this ledger in it: mistyped, cut off, or another ledger's [not_found]",
    code: .notFound)
}

/// A token with what was done about it.
private struct ExaminedToken: Sendable {
  let incident: TokenIncident
  var description: Audit.Description?
  var reach: IncidentCommand.Reach?
  var isStopped = false
  /// How it stands once it was stopped.
  var after: Explanation?
  var failure: LedgerError?

  init(_ incident: TokenIncident) { self.incident = incident }

  private var kindName: String { incident.kind == .access ? "access" : "refresh" }
  private var standing: Explanation { after ?? incident.explanation }
  private var live: Int { incident.relatives.count { $0.verdict.isValid } }
  private var lastOfFamily: Timestamp? { incident.relatives.compactMap(\.lastUsed).max() }

  /// The addresses that the events came from, the newest first, each once; none unless they are revealed.
  private var addresses: [String] {
    var found: [String] = []
    for event in incident.events {
      for value in description?.personal[event.position] ?? [] where value.name == "address" {
        if case .revealed(let text) = value.state, !found.contains(text) { found.append(text) }
      }
    }
    return found
  }

  var json: JSON {
    var members: [(String, JSON)] = [
      ("token", JSON(incident.handle)), ("kind", .string(kindName)), ("issuedAt", .string("\(incident.issuedAt)")),
      ("valid", .bool(standing.isValid)),
    ]
    if let reason = standing.denialText { members.append(("reason", .string(reason))) }
    if let used = incident.lastUsed { members.append(("lastUsed", .string("\(used)"))) }
    if let connector = incident.connector {
      members.append(
        (
          "connector",
          .object([
            ("id", JSON(connector.id)), ("name", .string(connector.details.name)), ("owner", JSON(connector.owner)),
          ])
        ))
    }
    if let grant = incident.grant { members += [("grant", JSON(grant.id)), ("granter", JSON(grant.granter))] }
    if let group = incident.group {
      members.append(("group", .object([("id", JSON(group.id)), ("name", .string(group.name))])))
    }
    if let family = incident.family {
      var related: [(String, JSON)] = [
        ("id", JSON(family)), ("tokens", .number(UInt64(incident.relatives.count))), ("valid", .number(UInt64(live))),
      ]
      if let used = lastOfFamily { related.append(("lastUsed", .string("\(used)"))) }
      members.append(("family", .object(related)))
    }
    members.append(
      (
        "events",
        .array(
          incident.events.map { event in
            .object([
              ("position", .number(event.position.rawValue)), ("time", .string("\(event.time)")),
              ("type", .string("\(event.type)")),
              ("actor", .string("\(event.actor)")),
            ])
          })
      ))
    if !addresses.isEmpty { members.append(("addresses", .array(addresses.map { .string($0) }))) }
    if let reach { members += [("revoked", .string(reach.rawValue)), ("changed", .bool(isStopped))] }
    if let failure { members += [("code", .string("\(failure.code)")), ("failure", .string(failure.reason))] }
    return .object(members)
  }

  var lines: [String] {
    func line(_ name: String, _ value: String) -> String { "  \(name.padded(to: 12))\(value)" }
    var lines = ["\(incident.handle), \(kindName): \(standing.denialText.map { "not valid: \($0)" } ?? "VALID")"]
    if let connector = incident.connector {
      lines.append(line("connector", "\(connector.details.name) (\(connector.id)) of \(connector.owner)"))
    }
    if let grant = incident.grant { lines.append(line("grant", "\(grant.id), given by \(grant.granter)")) }
    if let group = incident.group { lines.append(line("group", "\(group.name) (\(group.id))")) }
    lines.append(line("issued", "\(incident.issuedAt)"))
    lines.append(line("last used", incident.lastUsed.map { "within the minute of \($0)" } ?? "not known"))
    if let family = incident.family {
      let used = lastOfFamily.map { ", one of them used at \($0)" } ?? ""
      lines.append(line("family", "\(family): \(count(incident.relatives.count, "token")), \(live) valid\(used)"))
    }
    if !addresses.isEmpty { lines.append(line("addresses", addresses.joined(separator: ", "))) }
    for event in incident.events.prefix(10) {
      lines.append(line("", "\(event.position)  \(event.time)  \(event.type)  \(event.actor)"))
    }
    if incident.events.count > 10 {
      lines.append(
        line(
          "",
          "and \(incident.events.count - 10) earlier: credledger audit --subject \(incident.family.map { "\($0)" } ?? "\(incident.handle)")"
        ))
    }
    if let reach { lines.append(isStopped ? "  revoked: \(reach.rawValue)" : "  there was nothing to revoke") }
    if let failure { lines.append("  could not be stopped: \(failure.reason)") }
    return lines
  }
}
