import CredentialLedger
import TestSupport

/// A served ledger with people, groups, and a connector that has every permission.
final class PlatformPeople {
  let served: ServedLedger
  /// Access tokens by who gave them.
  private(set) var tokens: [String: String] = [:]
  /// The upper group, of which `admin` is the admin and `member` a member.
  private(set) var group = ""
  /// A group that only `stranger` is in.
  private(set) var foreignGroup = ""
  /// A public group of `admin`.
  private(set) var publicGroup = ""
  /// The connector with every permission, and the refresh token by which it acts for the admin.
  private(set) var (connector, secret, refreshToken) = ("", "", "")
  private(set) var memberID = ""
  private(set) var adminID = ""

  static let adminNumber = "+911199999998"
  static let memberNumber = "+911199999997"
  static let strangerNumber = "+911199999996"

  /// Settings without the limits of calls.
  static let unlimited = [
    "CREDLEDGER_SERVE_LIMITS_CONNECTOR_CALLS=0", "CREDLEDGER_SERVE_LIMITS_ORGANISATION_CALLS=0",
  ]

  /// - Parameter environment: settings of the server; without the limits of calls unless it says so.
  init(
    _ options: [String] = [],
    environment: [String] = PlatformPeople.unlimited
  ) async throws {
    var tokens: [String: String] = [:]
    var credentials = ("", "", "")
    var ids: [String] = []
    served = try await ServedLedger(options, environment: environment) { (_, ledger) in
      let developer = try await ServedLedger.arrive("dev", "+911199999999", on: ledger)
      let admin = try await Self.arrive("admin", "Ada Admin", Self.adminNumber, on: ledger)
      let member = try await Self.arrive("member", "Max Member", Self.memberNumber, on: ledger)
      let stranger = try await Self.arrive("stranger", "Sam Stranger", Self.strangerNumber, on: ledger)
      let (connector, secret) = try await ledger.connectors.create(
        name: "Roster", permissions: Set(Permission.allCases), by: developer)
      let (narrow, narrowSecret) = try await ledger.connectors.create(
        name: "Narrow", permissions: [.reactions], by: developer)
      let team = try await ledger.groups.create(
        name: "Field team", welcomeMessage: "Welcome!", members: [.init(.account(member))], by: admin)
      let foreign = try await ledger.groups.create(name: "Elsewhere", by: stranger)
      let open = try await ledger.groups.create(name: "Town", kind: .connectGroup, by: admin)
      try await ledger.accounts.changeRole(of: admin, to: .tenantAdmin, by: Requester.operator)
      try await ledger.connectors.approve(.tenant, of: connector.id, by: Requester.operator)
      let all = (connector, secret)
      let few = (narrow, narrowSecret)
      for (name, made, access, granter) in [
        ("group", all, GrantAccess.Access.group(team.id), admin), ("admin", all, .user, admin),
        ("member", all, .user, member), ("stranger", all, .user, stranger), ("narrow", few, .user, admin),
      ] {
        let granted = try await ledger.grants.grant(made.0.id, consent: .scopes(.all), access: access, by: granter)
        if name == "admin" {
          credentials = (made.0.publicID.description, made.1.text, granted.refreshToken.text)
        }
        tokens[name] = try await ledger.tokens.issue(
          connector: made.0.publicID, secret: made.1, refreshToken: granted.refreshToken
        ).accessToken.text
      }
      ids = [team, foreign, open].map(\.publicID.description) + [member, admin].map { String($0.rawValue) }
    }
    self.tokens = tokens
    (connector, secret, refreshToken) = credentials
    (group, foreignGroup, publicGroup, memberID, adminID) = (ids[0], ids[1], ids[2], ids[3], ids[4])
  }

  private static func arrive(
    _ subject: String, _ name: String, _ number: String, on ledger: Ledger
  ) async throws -> AccountID {
    let account = try await ServedLedger.arrive(subject, number, on: ledger)
    _ = try await ledger.accounts.signIn(issuer: "https://id.example.org", subject: subject, name: name)
    return account
  }

  /// Asks with the token of somebody.
  func ask(_ who: String, _ method: String, _ target: String, _ body: String? = nil) throws -> Answer {
    try served.ask(method, target, tokens[who].map { ["accessToken: \($0)"] } ?? [], body: body)
  }
}
