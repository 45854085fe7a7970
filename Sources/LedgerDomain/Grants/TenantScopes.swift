public import LedgerEvents

extension Scopes {
  /// What concerns the whole organisation. No admin of a group can give it, so no grant for a group has it.
  public static let tenant: Self = [.tenantRead, .tenantWrite, .tenantRemove]

  /// Without those that concern the organisation and are not approved.
  public func approved(_ approved: Self) -> Self { subtracting(Self.tenant.subtracting(approved)) }
}
