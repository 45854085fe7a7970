import CredentialLedger
import LedgerOperations

/// Something that waits for a person, and where it is done.
struct Need: Sendable {
  let path: String
  let title: HTML
  let text: HTML

  /// As a list on the page shows it.
  var html: HTML { #"<li><a href="\#(path)">\#(title)</a><p class="soft">\#(text)</p></li>"# }
}

/// What waits for a person: of their connectors, of what they granted, and for operators of the ledger.
///
/// As many things are looked at as the limits say, the oldest first, so that a page costs about the same for everybody: at most
/// some 1,500 look-ups, a few milliseconds.
enum Needs {
  static let connectorLimit = 20
  /// Of all connectors together: some fifteen look-ups each.
  static let webhookLimit = 20
  /// Of all connectors together, and as many that the person gave: some fifteen look-ups each.
  static let grantLimit = 30
  /// The newest, one look-up each.
  static let proposalLimit = 20
  /// How long before its end a token is named, or a quarter of its life where that is shorter.
  static let notice = Duration.seconds(14 * 86_400)
  /// For how long a proposal can be of use.
  private static let proposalLife = Duration.seconds(72 * 3_600)

  /// What waits for a person.
  ///
  /// - Throws: what reading the ledger throws.
  static func all(of account: Account, in ledger: Ledger) async throws(LedgerError) -> [Need] {
    let now = try ledger.now
    var needs: [Need] = []
    if account.role == .operator {
      needs += health(VitalSign.all(of: try Vitals(of: ledger)))
      needs += try await proposals(to: account.id, in: ledger, at: now)
    }
    let connectors = Array(try ledger.connectors.states(ownedBy: account.id).prefix(connectorLimit))
    needs += secrets(of: connectors, at: now)
    needs += try webhooks(of: connectors, in: ledger, at: now)
    needs += try await unusedGrants(to: connectors, in: ledger, at: now)
    needs += try await endingTokens(by: account.id, in: ledger, at: now)
    return needs
  }

  /// The signs of the ledger that are bad.
  static func health(_ signs: [VitalSign]) -> [Need] {
    signs.filter { $0.state == .bad }.map { sign in
      Need(path: "/portal/health", title: "\(sign.name)", text: sign.meaning)
    }
  }

  /// Changes that another operator proposed, and one's own that were approved and wait to be made.
  private static func proposals(
    to account: AccountID, in ledger: Ledger, at now: Timestamp
  ) async throws(LedgerError) -> [Need] {
    let recent = Audit.Filter.type(.proposalMade).and(.recorded(since: now - proposalLife))
    var needs: [Need] = []
    for entry in try await ledger.audit.search(recent, limit: proposalLimit).entries {
      guard let proposal = try ledger.proposals.proposal(ProposalID(madeAt: entry.position)),
        proposal.isOfUse(at: now), (proposal.proposer == account) == (proposal.status == .approved)
      else { continue }
      needs.append(
        Need(
          path: "/portal/proposals/\(proposal.id.rawValue)", title: Part.name(proposal.words),
          text: proposal.status == .approved
            ? "Your proposal is approved. Make the change until it ends, \(Part.until(proposal.expiresAt, now: now))."
            : "Another operator proposed it. Decide until it ends, \(Part.until(proposal.expiresAt, now: now))."))
    }
    return needs
  }

  private static func secrets(of connectors: [ConnectorState], at now: Timestamp) -> [Need] {
    connectors.compactMap { state in
      state.previousSecretUntil.map { end in
        Need(
          path: "/portal/connectors/\(state.connector.id.rawValue)",
          title: "The old Secret of \(Part.name(state.connector.details.name)) ends",
          text: "It works until \(Part.exact(end)). Change the program to the new one before.")
      }
    }
  }

  private static func webhooks(
    of connectors: [ConnectorState], in ledger: Ledger, at now: Timestamp
  ) throws(LedgerError) -> [Need] {
    var needs: [Need] = []
    var rest = webhookLimit
    for state in connectors where rest > 0 {
      let (id, name) = (state.connector.id, Part.name(state.connector.details.name))
      let known = try ledger.webhooks.some(of: id, limit: rest)
      rest -= known.count
      for webhook in known {
        let path = "/portal/connectors/\(id.rawValue)/webhooks/\(webhook.webhook.id.rawValue)"
        if webhook.denialReason == .disabled {
          needs.append(
            Need(
              path: path, title: "A webhook of \(name) is switched off",
              text: "What happens meanwhile is not told to it. Mend its receiver, then switch it on."))
        } else if webhook.isInForce, let queue = try ledger.deliveries.queue(of: webhook.webhook.id),
          let last = try ledger.deliveries.tries(of: webhook.webhook.id).first, !last.isDelivered
        {
          let waiting = Part.counted(queue.count, "delivery", many: "deliveries")
          needs.append(
            Need(
              path: path, title: "A webhook of \(name) fails",
              text: "\(waiting) waiting; the last try failed \(Part.ago(last.time, now: now))."))
        }
      }
    }
    return needs
  }

  /// Grants to the person's connectors that are unused.
  private static func unusedGrants(
    to connectors: [ConnectorState], in ledger: Ledger, at now: Timestamp
  ) async throws(LedgerError) -> [Need] {
    var grants: [GrantState] = []
    for state in connectors where grants.count < grantLimit {
      grants += try ledger.grants.some(to: state.connector.id, limit: grantLimit - grants.count)
    }
    let given = grants.filter(\.isInForce).map(\.grant)
    var counts: [ConnectorID: Int] = [:]
    for (grant, usage) in zip(given, try await ledger.grants.usage(of: given)) where usage.isUnused(at: now) {
      counts[grant.connector, default: 0] += 1
    }
    return connectors.compactMap { state in
      counts[state.connector.id].map { count in
        Need(
          path: "/portal/connectors/\(state.connector.id.rawValue)/grants",
          title: "\(Part.counted(count, "grant")) to \(Part.name(state.connector.details.name)): unused for 90 days",
          text: "Ask those who gave them whether they still need it, and revoke what nobody needs.")
      }
    }
  }

  /// Grants of the person whose Refresh Token ends soon.
  private static func endingTokens(
    by account: AccountID, in ledger: Ledger, at now: Timestamp
  ) async throws(LedgerError) -> [Need] {
    let grants = try ledger.grants.some(by: account, limit: grantLimit).filter(\.isInForce)
    let ids = grants.map(\.grant.id)
    let begun = try await ledger.grants.newest(.refreshTokenIssued, of: ids)
    let rotated = try await ledger.grants.newest(.refreshTokenRotated, of: ids)
    var needs: [Need] = []
    for state in grants {
      let id = state.grant.id
      guard let position = [begun[id]?.position, rotated[id]?.position].compactMap({ $0 }).max(),
        let token = try await ledger.tokens.list(.grant(id), limit: 1, before: TokenID(madeAt: position.next)).first,
        token.handle.position == position, token.verdict.isValid,
        token.expiresAt - now < min(notice, (token.expiresAt - token.issuedAt) / 4),
        let connector = try ledger.connectors.connector(state.grant.connector)
      else { continue }
      let group = try state.grant.group.flatMap { (id) throws(LedgerError) in try ledger.groups.group(id) }
      let name = Part.name(connector.details.name)
      needs.append(
        Need(
          path: group.map { "/portal/groups/\($0.id.rawValue)/connectors/\(id.rawValue)" } ?? "/portal/me/granted",
          title: group.map { "The Refresh Token of \(name) in \(Part.name($0.name)) ends" }
            ?? "The Refresh Token of \(name) ends",
          text: "It works until \(Part.exact(token.expiresAt)). Make a new one before, and give it to the program."))
    }
    return needs
  }
}
