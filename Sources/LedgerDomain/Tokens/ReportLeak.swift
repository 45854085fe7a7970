package import LedgerCrypto
package import LedgerEvents

/// Somebody found a token in a public place: where is recorded, and the token is stopped, a refresh token with its family.
///
/// A token of another ledger, or of no ledger, makes no event.
public struct ReportLeak: Command {
  /// The longest texts that are recorded, in characters; longer ones are cut.
  static let maximumTextLength = 1_000
  /// The reporter of tokens that an operator found.
  package static let ownReporter = "scan"

  /// Handle and digest of the token as it was found, of either kind.
  package var token: TokenID
  package var digest: Digest
  /// The identifier of the key that signed the report, or `scan`.
  package var reporter: String
  /// What kind of place it was found in, in the reporter's words.
  package var source: String
  /// Where it was found: an address or the name of a file.
  package var location: String

  package init(token: TokenID, digest: Digest, reporter: String, source: String, location: String) {
    self.token = token
    self.digest = digest
    self.reporter = reporter
    self.source = source
    self.location = location
  }

  /// What a report led to.
  public enum Outcome: Sendable, Equatable {
    /// It is no token of this ledger.
    case unknown
    /// It is recorded where the token was found. The token was stopped by that, or before.
    case recorded(stopped: Bool)
  }

  // A report of an outside reporter is taken whether or not changes must name an operator.
  package var isAutomatic: Bool { reporter != Self.ownReporter }

  package func decide(
    _ state: borrowing some DomainReader & ~Copyable, _ context: DecisionContext
  ) throws(DecisionFailure) -> Decision {
    let nothing = Decision(by: Requester.operator)
    guard let standing = try read(state.standing(of: token.rawValue)), standing.credential?.digest == digest else {
      return nothing
    }
    var leak = TokenLeakReported()
    leak.token = token.rawValue
    leak.reporter = Self.visible(reporter)
    leak.source = Self.visible(source)
    leak.location = Self.visible(location)
    var revocation: TokenRevoked?
    if let connector = try read(state.connectorOfOwnToken(standing)) {
      leak.connector = connector.rawValue
      if standing.stoppedBy == 0 { revocation = TokenRevoked(.token, token.rawValue, of: connector) }
    } else {
      let family = try read(state.family(of: standing, token))
      guard let grant = try read(state.grant(GrantID(rawValue: family.standing.parents[0]))) else {
        throw .unreadable(.misplaced(family.standing.parents[0]))
      }
      leak.connector = grant.connector.rawValue
      leak.grant = grant.id.rawValue
      leak.group = grant.group?.rawValue ?? 0
      leak.family = family.number
      if standing.kind == .token, standing.stoppedBy == 0 {
        revocation = TokenRevoked(.token, token.rawValue, under: grant)
      } else if standing.kind == .family, family.standing.stoppedBy == 0 {
        revocation = TokenRevoked(.family, family.number, under: grant)
      }
    }
    return Decision(
      by: Requester.operator, events: [.tokenLeakReported(leak)] + (revocation.map { [.tokenRevoked($0)] } ?? []))
  }

  /// Whether an event tells of the same token at the same place, by the same reporter.
  package func isTold(by event: TokenLeakReported) -> Bool {
    event.token == token.rawValue && event.reporter == Self.visible(reporter)
      && event.source == Self.visible(source) && event.location == Self.visible(location)
  }

  package func outcome(of recorded: RecordedEvents) -> Outcome {
    recorded.events.isEmpty ? .unknown : .recorded(stopped: recorded.events.count > 1)
  }

  /// A text of somebody else on one line, without what steers a terminal, and not longer than is recorded.
  private static func visible(_ text: String) -> String {
    String(
      String.UnicodeScalarView(
        text.unicodeScalars.prefix(maximumTextLength).map {
          $0.properties.generalCategory == .control || $0.properties.isDefaultIgnorableCodePoint ? "\u{FFFD}" : $0
        }))
  }
}
