import CredentialLedger
import HTTPSupport

/// Groups as answers tell them, their members in the documented order.
extension PlatformCall {
  /// What is told of a group that the caller may look into.
  ///
  /// - Parameters:
  ///   - isRepeated: whether the answer has the group at another place already.
  func members(
    of group: VisibleGroup, showingDetail: Bool, isRepeated: Bool = false
  ) async throws(RequestError) -> [(String, JSONValue)] {
    guard group.isReadable else { return brief(group.group, role: nil, isReadable: false) }
    return members(of: group, try await summary(of: group), showingDetail: showingDetail, isRepeated: isRepeated)
  }

  func summary(of group: VisibleGroup) async throws(RequestError) -> GroupSummary {
    try await service.asking { () async throws(LedgerError) in
      try await service.ledger.groups.summary(of: group.group.id, for: viewer)
    }
  }

  /// The same, of a group that is summed up.
  func members(
    of group: VisibleGroup, _ summary: GroupSummary, showingDetail: Bool, isRepeated: Bool = false
  ) -> [(String, JSONValue)] {
    let (own, all) = (summary.own, summary.hierarchy)
    var members = head(of: group.group, subgroups: summary.subgroupCount, parents: summary.parentCount, group.role)
    members += [
      ("userCount", .integer(all.memberships)), ("uniqueUserCount", .integer(all.members)),
      ("currentLevelUserCount", .integer(own.members)),
      ("currentLevelUnProvisionedUserCount", .integer(own.unprovisioned)),
      ("unProvisionedUserCount", .integer(all.unprovisioned)),
    ]
    members += tail(of: group.group, role: group.role, isReadable: true, isRepeated: isRepeated)
    if showingDetail { members.append(("welcomeMessage", .string(group.group.welcomeMessage))) }
    return members
  }

  /// What is told of a group without looking into it.
  func brief(_ group: Group, role: Role?, isReadable: Bool) -> [(String, JSONValue)] {
    let count = JSONValue.integer(isReadable ? group.memberCount : 0)
    return head(of: group, subgroups: 0, parents: 0, role)
      + [
        ("userCount", count), ("uniqueUserCount", count), ("currentLevelUserCount", count),
        ("currentLevelUnProvisionedUserCount", .integer(0)), ("unProvisionedUserCount", .integer(0)),
      ] + tail(of: group, role: role, isReadable: isReadable, isRepeated: false)
  }

  private func head(of group: Group, subgroups: Int, parents: Int, _ role: Role?) -> [(String, JSONValue)] {
    [
      ("groupId", .string(group.publicID.description)), ("groupName", .string(group.name)),
      ("groupImageUrl", .string("")), ("hasSubGroups", .bool(subgroups > 0)), ("hasParentGroups", .bool(parents > 0)),
      ("callerRole", .string(role?.wireName ?? "None")), ("currentLevelSubGroupCount", .integer(subgroups)),
      ("currentLevelParentGroupCount", .integer(parents)),
    ]
  }

  private func tail(of group: Group, role: Role?, isReadable: Bool, isRepeated: Bool) -> [(String, JSONValue)] {
    [
      ("isMappedToTenant", .bool(true)), ("groupType", .string(group.kind.wireName)),
      ("isDuplicate", .bool(isRepeated)),
      ("isEditable", .bool(role == .admin)), ("isDetailsReadable", .bool(isReadable)),
    ]
  }
}

extension GroupKind {
  /// Its name on the wire.
  var wireName: String { self == .connectGroup ? "ConnectGroup" : "Group" }
}

extension JSONValue {
  /// What calls answer that have nothing else to say.
  static let done = JSONValue.object([("result", .string("true"))])
}
