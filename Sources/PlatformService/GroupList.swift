import CredentialLedger
import HTTPSupport
import HTTPTypes
import Hummingbird

/// The groups that the caller sees.
extension PlatformService {
  /// How many groups are told at a time.
  private static let groupsAtATime = 200

  /// All groups in one answer, as the documents have it. Of many, neither they nor the answer are ever all in memory.
  func listGroups(_ call: PlatformCall) async throws(RequestError) -> Response {
    let headers: HTTPFields = [.contentType: "application/json; charset=utf-8", .cacheControl: "no-store"]
    let first = try await groups(call, after: nil)
    var bytes = Array(#"{"groups":["#.utf8)
    try await append(first, call, to: &bytes)
    guard first.count == Self.groupsAtATime, let last = first.last?.group.group.id else {
      bytes += "]}".utf8
      return .json(bytes: bytes, headers: headers)
    }
    let start = bytes
    return Response(
      status: .ok, headers: headers,
      body: ResponseBody { writer in
        var (bytes, last) = (start, last)
        while true {
          try await writer.write(ByteBuffer(bytes: bytes))
          let piece = try await groups(call, after: last)
          guard let end = piece.last?.group.group.id else { break }
          bytes.removeAll(keepingCapacity: true)
          bytes.append(UInt8(ascii: ","))
          try await append(piece, call, to: &bytes)
          last = end
        }
        try await writer.write(ByteBuffer(bytes: Array("]}".utf8)))
        try await writer.finish(nil)
      })
  }

  private func groups(
    _ call: PlatformCall, after last: GroupID?
  ) async throws(RequestError) -> [(group: VisibleGroup, summary: GroupSummary?)] {
    let scope: GroupScope = call.isSet("fetchAllGroups") ? .hierarchy : .own
    return try await asking { () async throws(LedgerError) in
      try await ledger.groups.summed(to: call.viewer, scope: scope, after: last, limit: Self.groupsAtATime)
    }
  }

  private func append(
    _ groups: [(group: VisibleGroup, summary: GroupSummary?)], _ call: PlatformCall, to bytes: inout [UInt8]
  ) async throws(RequestError) {
    let showsDetail = call.isSet("showDetail", "showDetails")
    for (index, (group, summary)) in groups.enumerated() {
      if index > 0 { bytes.append(UInt8(ascii: ",")) }
      let members: [(String, JSONValue)]
      if let summary {
        members = call.members(of: group, summary, showingDetail: showsDetail)
      } else {
        do throws(RequestError) {
          members = try await call.members(of: group, showingDetail: showsDetail)
        } catch {
          // It was deleted since the page was read.
          guard error.kind == .notFound else { throw error }
          members = call.brief(group.group, role: nil, isReadable: false)
        }
      }
      bytes += JSONValue.object(members).bytes
    }
  }
}
