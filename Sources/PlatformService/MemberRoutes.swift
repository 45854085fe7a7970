import CredentialLedger
import HTTPSupport
import Hummingbird

/// The members of a group.
extension PlatformService {
  var memberRoutes: [Route] {
    let path = "/groups/{group}/members"
    return responding(.get, path, needing: .groupMemberRead) { (call) throws(RequestError) in
      try await listMembers(call)
    }
      + route(.put, path, needing: .groupMemberWrite) { (call) throws(RequestError) in try await addMembers(call) }
      + route(.delete, path, needing: .groupMemberRemove) { (_) throws(RequestError) in throw .noMember }
      + route(.put, path + "/{member}", needing: .groupMemberWrite) { (call) throws(RequestError) in
        try await changeRole(call)
      }
      + route(.delete, path + "/{member}", needing: .groupMemberRemove) { (call) throws(RequestError) in
        try await removeMember(call)
      }
  }

  /// How many members are told at a time, of a group that has more.
  private static let piece = 1_000

  private func listMembers(_ call: PlatformCall) async throws(RequestError) -> Response {
    let group = try call.group().group.id
    let members = try asking { () throws(LedgerError) in try ledger.groups.members(of: group) }
    let first = try await told(Array(members.prefix(Self.piece)))
    guard members.count > Self.piece else {
      return .json(.object([("members", .array(first))]), headers: [.cacheControl: "no-store"])
    }
    // A hundred thousand members are twenty megabytes: neither their texts nor the answer are ever all in memory.
    return Response(
      status: .ok, headers: [.contentType: "application/json; charset=utf-8", .cacheControl: "no-store"],
      body: ResponseBody { writer in
        try await writer.write(ByteBuffer(bytes: Array(#"{"members":["#.utf8) + JSONValue.array(first).bytes.inner))
        for start in stride(from: Self.piece, to: members.count, by: Self.piece) {
          let piece = try await told(Array(members[start..<min(start + Self.piece, members.count)]))
          try await writer.write(ByteBuffer(bytes: [UInt8(ascii: ",")] + JSONValue.array(piece).bytes.inner))
        }
        try await writer.write(ByteBuffer(bytes: Array("]}".utf8)))
        try await writer.finish(nil)
      })
  }

  /// Members as answers tell them.
  private func told(_ members: [Membership]) async throws(RequestError) -> [JSONValue] {
    let (numbers, names) = try await asking { () async throws(LedgerError) in
      (
        try await ledger.groups.revealNumbers(of: members, under: .withoutRecord(for: ledger)),
        try await ledger.accounts.revealNames(of: members.map(\.account), under: .withoutRecord(for: ledger))
      )
    }
    return members.indices.map { index in
      JSONValue.object([
        ("id", members[index].wireID), ("role", .string(members[index].role.wireName)),
        ("mobileNumber", .string(numbers[index] ?? "")), ("isProvisioned", .bool(members[index].account != nil)),
        ("name", .string(names[index] ?? "")), ("profilePic", .string("")),
      ])
    }
  }

  private func addMembers(_ call: PlatformCall) async throws(RequestError) -> JSONValue {
    let group = try call.administered().id
    let members = try await call.body().newMembers()
    guard !members.isEmpty else { throw .field("members", "an array of phone numbers with country code") }
    _ = try await asking { () async throws(LedgerError) in
      try await ledger.groups.add(members, to: group, by: call.requester, context: call.recorded)
    }
    return .done
  }

  private func changeRole(_ call: PlatformCall) async throws(RequestError) -> JSONValue {
    let group = try call.administered().id
    let member = try member(of: group, call)
    guard let role = try await call.body()["role"]?.text.flatMap({ Role(wireName: $0) }) else {
      throw .field("role", "Admin or Member")
    }
    if member.role != role {
      try await asking { () async throws(LedgerError) in
        try await ledger.groups.changeRole(
          of: member.id, in: group, to: role, by: call.requester, context: call.recorded)
      }
    }
    return .done
  }

  /// Removes a member. A person may leave by its own token.
  private func removeMember(_ call: PlatformCall) async throws(RequestError) -> JSONValue {
    let group = try call.group().group.id
    let member = try member(of: group, call)
    try await asking { () async throws(LedgerError) in
      try await ledger.groups.remove(member.id, from: group, by: call.requester, context: call.recorded)
    }
    return .done
  }

  /// The member that the path names: by the ID of its account, or of its invitation.
  private func member(of group: GroupID, _ call: PlatformCall) throws(RequestError) -> Membership {
    let text = call.part("member")
    let found = try asking { () throws(LedgerError) -> Membership? in
      if let account = AccountID(bare: text), let member = try ledger.groups.membership(of: account, in: group) {
        return member
      }
      return try MembershipID(bare: text).flatMap { (id) throws(LedgerError) in try ledger.groups.membership(id) }
    }
    guard let found, found.group == group, !found.isRemoved else { throw .noMember }
    return found
  }
}

extension Membership {
  /// The ID of the person on the wire: the account's, or the invitation's. Numbers of both are never the same.
  var wireID: JSONValue { account?.bare ?? id.bare }
}

extension RequestError {
  static let noMember = RequestError(.notFound, "The group has no such member.")
}

extension [UInt8] {
  /// What is between the brackets of a list.
  fileprivate var inner: [UInt8] { Array(dropFirst().dropLast()) }
}
