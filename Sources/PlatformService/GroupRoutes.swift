import CredentialLedger
import HTTPSupport
import HTTPTypes
import Hummingbird

/// Making and seeing groups.
extension PlatformService {
  var groupRoutes: [Route] {
    route(.post, "/groups", needing: .groupInfoWrite) { (call) throws(RequestError) in try await create(call) }
      + responding(.get, "/groups", needing: .groupInfoRead) { (call) throws(RequestError) in
        try await listGroups(call)
      }
      + responding(
        .get, "/groups/{group}", needing: .groupInfoRead,
        trying: { (call) throws(RequestError) -> WholeAnswer? in try showFew(call) },
        { (call) throws(RequestError) -> Response in try await show(call) })
  }

  /// Makes a group; by a group's token one below that group.
  private func create(_ call: PlatformCall) async throws(RequestError) -> JSONValue {
    let body = try await call.body()
    let kind: GroupKind
    switch body["groupType"]?.text?.lowercased() {
    case nil, "group": kind = .group
    case "connectgroup":
      guard call.claims.group == nil, call.claims.scopes.contains(.tenantWrite) else {
        throw RequestError(.forbidden, "A ConnectGroup needs a user's token with the scope \(Scopes.tenantWrite).")
      }
      kind = .connectGroup
    default: throw .field("groupType", "Group or ConnectGroup")
    }
    let name = try body.required("name", "groupName")
    let members = try body.newMembers()
    let group = try await asking { () async throws(LedgerError) in
      try await ledger.groups.create(
        name: name, kind: kind, welcomeMessage: body["welcomeMessage"]?.text ?? "", members: members,
        below: call.claims.group, by: call.requester, context: call.recorded)
    }
    var answer: [(String, JSONValue)] = [
      ("groupName", .string(group.name)), ("groupId", .string(group.publicID.description)),
      ("membersAdded", .bool(true)),
    ]
    if call.claims.group != nil { answer.append(("isAddedAsSubGroup", .bool(true))) }
    return .object(answer)
  }

  /// One group of few people, which are counted at once; nil for another.
  private func showFew(_ call: PlatformCall) throws(RequestError) -> WholeAnswer? {
    let (seen, summary) = try call.summedGroup()
    guard let summary else { return nil }
    return shown(seen, summary, call)
  }

  private func show(_ call: PlatformCall) async throws(RequestError) -> Response {
    let (seen, known) = try call.summedGroup()
    if let known { return shown(seen, known, call).response }
    return shown(seen, try await call.summary(of: seen), call).response
  }

  /// One group: its members at the top, as some documents have it, and in `groups`, as others do.
  private func shown(_ seen: VisibleGroup, _ summary: GroupSummary, _ call: PlatformCall) -> WholeAnswer {
    let showsDetail = call.isSet("showDetail", "showDetails")
    let group = JSONValue.object(call.members(of: seen, summary, showingDetail: showsDetail)).bytes
    // Written once, and repeated.
    var bytes: [UInt8] = []
    bytes.reserveCapacity(group.count * 2 + 16)
    bytes += group.dropLast()
    bytes += #","groups":["#.utf8
    bytes += group
    bytes += "]}".utf8
    return WholeAnswer(headers: Self.headersOfGroup, body: bytes)
  }

  private static let headersOfGroup: HTTPFields = [
    .cacheControl: "no-store", .contentType: "application/json; charset=utf-8",
  ]
}
