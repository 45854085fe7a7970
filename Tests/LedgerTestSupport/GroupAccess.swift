package import LedgerEvents

/// A scenario in which a connector has access to a group, with all that this stands on, and a token of each kind.
package struct GroupAccess: Sendable {
  package var scenario: Scenario
  package let owner: AccountID
  package let connector: ConnectorID
  /// An admin of the group and a tenant administrator, who is not the owner.
  package let granter: AccountID
  package let phone: PhoneID
  package let group: GroupID
  package let membership: MembershipID
  package let grant: GrantID
  package let family: FamilyID
  package let token: TokenID
  /// An account that has nothing to do with all this.
  package let stranger: AccountID

  package init(details: ConnectorDetails = .fake()) throws {
    var scenario = Scenario()
    try scenario.given(.ledgerCreated(LedgerCreated()))
    owner = try scenario.account("owner")
    _ = try scenario.phone("+910000000001", of: owner)
    connector = try scenario.connector(of: owner, details: details)
    let (asked, connector) = (Scopes(rawValue: details.scopes), connector)
    if !asked.isDisjoint(with: .tenant) {
      let approved = filled(ConnectorScopesApproved()) {
        $0.connector = connector.rawValue
        $0.after = asked.intersection(.tenant).rawValue
        $0.scopes = asked.rawValue
      }
      try scenario.given(.connectorScopesApproved(approved))
    }
    granter = try scenario.account("granter", role: .tenantAdmin)
    phone = try scenario.phone("+910000000002", of: granter)
    group = try scenario.group(by: granter)
    membership = try scenario.member(of: group, account: granter, role: .admin)
    grant = try scenario.grant(
      to: connector, by: granter, phone: phone, group: group, membership: membership,
      scopes: Scopes(rawValue: details.scopes))
    family = try scenario.family(
      under: grant,
      lifetime: .seconds(details.refreshTokenLifetime == 0 ? 365 * 86_400 : details.refreshTokenLifetime))
    token = try scenario.token(from: family, scopes: Scopes(rawValue: details.scopes))
    stranger = try scenario.account("stranger")
    self.scenario = scenario
  }

  /// The family's first refresh token.
  package var refreshToken: TokenID { TokenID(rawValue: family.rawValue) }
}
