import CredentialLedger
import HTTPSupport

/// Groups below groups.
extension PlatformService {
  var subgroupRoutes: [Route] {
    let path = "/groups/{group}/subGroups"
    return route(.post, path, needing: .groupInfoWrite) { (call) throws(RequestError) in try await createBelow(call) }
      + route(.put, path, needing: .groupInfoUpdate) { (call) throws(RequestError) in try await attach(call) }
      + route(.get, path, needing: .groupInfoRead) { (call) throws(RequestError) in try await listBelow(call) }
      // Without an ID it is no other route.
      + route(.delete, path, needing: .groupInfoRemove) { (_) throws(RequestError) in throw .noGroup }
      + route(.delete, path + "/{subgroup}", needing: .groupInfoRemove) { (call) throws(RequestError) in
        try await detach(call)
      }
  }

  private func createBelow(_ call: PlatformCall) async throws(RequestError) -> JSONValue {
    let parent = try call.administered()
    let body = try await call.body()
    let name = try body.required("groupName", "name")
    let members = try body.newMembers()
    // A group has an admin from its first moment on, who is the caller: to ask for none is allowed, and changes nothing.
    guard body["addUserToGroup"] == nil || body["addUserToGroup"]?.truth != nil else {
      throw .field("addUserToGroup", "true or false")
    }
    let group = try await asking { () async throws(LedgerError) in
      try await ledger.groups.create(
        name: name, welcomeMessage: body["welcomeMessage"]?.text ?? "", members: members, below: parent.id,
        by: call.requester, context: call.recorded)
    }
    return .object([("groupId", .string(group.publicID.description)), ("groupName", .string(group.name))])
  }

  /// Puts groups below the group: all of them, or none where one of them cannot be.
  private func attach(_ call: PlatformCall) async throws(RequestError) -> JSONValue {
    let parent = try call.administered()
    let body = try await call.body()
    guard let items = body["subGroups"]?.items, !items.isEmpty else {
      throw .field("subGroups", "an array of IDs of groups")
    }
    guard items.count <= 100 else { throw .field("subGroups", "at most 100 IDs of groups") }
    var below: [GroupID] = []
    for (index, item) in items.enumerated() {
      guard let id = (item.text ?? item["groupId"]?.text), PublicID(id) != nil else {
        throw .field("subGroups[\(index)]", "the ID of a group")
      }
      below.append(try call.group(id: id).group.id)
    }
    let wanted = below
    try await asking { () async throws(LedgerError) in
      try await ledger.groups.attach(wanted, to: parent.id, by: call.requester, context: call.recorded)
    }
    return .done
  }

  /// The groups below: of some documents `groups`, of others the group's own members with `subGroups`.
  private func listBelow(_ call: PlatformCall) async throws(RequestError) -> JSONValue {
    let parent = try call.group()
    var seen: Set<GroupID> = [parent.group.id]
    let below = try await tree(below: parent.group.id, call, deep: call.isSet("fetchAllGroups"), seen: &seen)
    return .object(
      try await call.members(of: parent, showingDetail: true) + [
        ("groups", .array(below)), ("subGroups", .array(below)),
      ])
  }

  /// The groups below one, each with those below it. A group that lies at several places has them at the first.
  private func tree(
    below parent: GroupID, _ call: PlatformCall, deep: Bool, seen: inout Set<GroupID>
  ) async throws(RequestError) -> [JSONValue] {
    let groups = try asking { () throws(LedgerError) in try ledger.groups.subgroups(of: parent) }
    var answers: [JSONValue] = []
    for group in groups {
      // Of many, others have a turn between.
      if answers.count % 64 == 63 { await Task.yield() }
      let isNew = seen.insert(group.id).inserted
      let visible = try asking { () throws(LedgerError) in try ledger.groups.visible(group.id, to: call.viewer) }
      let below = deep && isNew ? try await tree(below: group.id, call, deep: deep, seen: &seen) : []
      let members = try await call.members(of: visible, showingDetail: true, isRepeated: !isNew)
      answers.append(.object(members + [("subGroups", .array(below))]))
    }
    return answers
  }

  private func detach(_ call: PlatformCall) async throws(RequestError) -> JSONValue {
    let parent = try call.administered()
    let below = try call.group("subgroup").group
    guard
      try asking({ () throws(LedgerError) in try ledger.groups.subgroups(of: parent.id) }).contains(where: {
        $0.id == below.id
      })
    else { throw RequestError(.notFound, "The group is not directly below the other.") }
    try await asking { () async throws(LedgerError) in
      try await ledger.groups.detach(below.id, from: parent.id, by: call.requester, context: call.recorded)
    }
    return .done
  }
}
