import CredentialLedger
import HTTPSupport
import HTTPTypes
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

  /// How many members are told at a time, of a group that has more; and the most that a page has.
  private static let piece = 1_000

  /// All members in one answer, as the documents have it; a page of them where the query has a `count` or a `cursor`.
  private func listMembers(_ call: PlatformCall) async throws(RequestError) -> Response {
    let group = try call.group().group.id
    let headers: HTTPFields = [.contentType: "application/json; charset=utf-8", .cacheControl: "no-store"]
    let count = try call.number("count", in: 1...Self.piece, default: Self.piece)
    let after = try call.query("cursor").map { (text) throws(RequestError) -> MembershipID in
      guard let id = MembershipID(bare: text) else { throw .field("cursor", "the cursor of an answer") }
      return id
    }
    let isPage = after != nil || call.query("count") != nil
    let first = try await members(of: group, after: after, count)
    var bytes = Self.opening
    Self.append(first, to: &bytes)
    guard first.count == count, let last = first.last?.id, !isPage else {
      bytes += "]".utf8
      if isPage, first.count == count, let last = first.last?.id { bytes += #","cursor":"\#(last.rawValue)""#.utf8 }
      bytes += "}".utf8
      return .json(bytes: bytes, headers: headers)
    }
    // A hundred thousand members are twenty megabytes: neither they nor the answer are ever all in memory.
    let start = bytes
    return Response(
      status: .ok, headers: headers,
      body: ResponseBody { writer in
        var (bytes, last) = (start, last)
        while true {
          try await writer.write(ByteBuffer(bytes: bytes))
          let piece = try await members(of: group, after: last, Self.piece)
          guard let end = piece.last?.id else { break }
          bytes.removeAll(keepingCapacity: true)
          bytes.append(UInt8(ascii: ","))
          Self.append(piece, to: &bytes)
          last = end
        }
        try await writer.write(ByteBuffer(bytes: Array("]}".utf8)))
        try await writer.finish(nil)
      })
  }

  private static let opening = Array(#"{"members":["#.utf8)

  private func members(
    of group: GroupID, after last: MembershipID?, _ limit: Int
  ) async throws(RequestError) -> [Groups.ShownMember] {
    try await asking { () async throws(LedgerError) in
      try await ledger.groups.shownMembers(of: group, after: last, limit: limit)
    }
  }

  /// Writes members as answers tell them, without a tree of values between: a page has a thousand. What nearly all have alike is
  /// written in few pieces.
  private static func append(_ members: [Groups.ShownMember], to bytes: inout [UInt8]) {
    bytes.reserveCapacity(bytes.count + members.count * 160)
    let (admin, member) = (Self.part(of: .admin), Self.part(of: .member))
    let invited = Array(#","isProvisioned":false,"name":"","profilePic":""}"#.utf8)
    let provisioned = Array(#","isProvisioned":true,"name":"#.utf8)
    for (index, shown) in members.enumerated() {
      bytes += (index == 0 ? #"{"id":""# : #",{"id":""#).utf8
      bytes += String(shown.account?.rawValue ?? shown.id.rawValue).utf8
      bytes += shown.role == .admin ? admin : member
      JSONValue.append(shown.number ?? "", to: &bytes)
      guard shown.account != nil else {
        // Of an invitation no name is known.
        bytes += invited
        continue
      }
      bytes += provisioned
      JSONValue.append(shown.name ?? "", to: &bytes)
      bytes += #","profilePic":""}"#.utf8
    }
  }

  /// What stands between the ID of a member and the number.
  private static func part(of role: Role) -> [UInt8] {
    Array(#"","role":"\#(role.wireName)","mobileNumber":"#.utf8)
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
