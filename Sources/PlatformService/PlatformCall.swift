import CredentialLedger
import HTTPSupport
import Hummingbird

/// A request whose token is good.
struct PlatformCall: Sendable {
  let request: Request
  /// The body where it came whole; nil where it is read from the request.
  let wholeBody: [UInt8]?
  let context: HTTPContext
  let claims: Verdict.Claims
  /// What the token depends on.
  let grant: GrantID
  let service: PlatformService

  /// Who is recorded, and whose rights count.
  var requester: Requester { .connector(claims.connector, for: claims.granter) }
  /// Through whose eyes groups are seen.
  var viewer: GroupViewer { .grant(grant) }
  /// What the ledger records of the request.
  var recorded: CredentialLedger.RequestContext { context.recorded(request.headers) }

  /// The JSON object in the body.
  func body() async throws(RequestError) -> JSONValue { try await bytesAndBody().body }

  /// The same, and the bytes that it was read from.
  func bytesAndBody() async throws(RequestError) -> (bytes: [UInt8], body: JSONValue) {
    let bytes = try await bytes()
    return (bytes, try JSONParser.object(bytes))
  }

  private func bytes() async throws(RequestError) -> [UInt8] {
    guard let wholeBody else { return try await request.bytes(upTo: service.bodyLimit) }
    guard wholeBody.count <= service.bodyLimit else { throw .tooLarge(service.bodyLimit) }
    return wholeBody
  }

  /// A part of the path; empty where it is not UTF-8 in percent-encoding.
  func part(_ name: String) -> String {
    guard let coded = context.parameters.get(name) else { return "" }
    guard coded.utf8.contains(UInt8(ascii: "+")) else { return PercentEncoding.decode(coded.utf8) ?? "" }
    // A plus sign stands for itself in a path.
    return PercentEncoding.decode(Array(coded.utf8).flatMap { $0 == UInt8(ascii: "+") ? Array("%2B".utf8) : [$0] })
      ?? ""
  }

  /// A parameter of the query, its name without regard to case; the last of several, and nil for one that is empty.
  func query(_ names: String...) -> String? {
    guard let query = request.uri.query else { return nil }
    var found: String?
    for pair in query.utf8.split(separator: UInt8(ascii: "&")) {
      let name = pair.prefix { $0 != UInt8(ascii: "=") }
      guard let decoded = PercentEncoding.decode(name)?.lowercased(),
        names.contains(where: { $0.lowercased() == decoded })
      else { continue }
      if let value = PercentEncoding.decode(pair.dropFirst(name.count + 1)), !value.isEmpty { found = value }
    }
    return found
  }

  /// Whether a parameter of the query says so.
  func isSet(_ names: String...) -> Bool {
    names.contains { name in
      query(name).map { ["true", "1"].contains($0.lowercased()) } ?? false
    }
  }

  /// A whole number in the query.
  func number(_ name: String, in range: ClosedRange<Int>, default standard: Int) throws(RequestError) -> Int {
    guard let text = query(name) else { return standard }
    guard let number = Int(text), range.contains(number) else {
      throw .field(name, "a whole number from \(range.lowerBound) to \(range.upperBound)")
    }
    return number
  }

  /// The group that the path names.
  func group(_ name: String = "group") throws(RequestError) -> VisibleGroup { try group(id: part(name)) }

  /// The group of this ID, where the token reaches it: to others it does not exist.
  func group(id text: String) throws(RequestError) -> VisibleGroup {
    guard let id = PublicID(text) else { throw .noGroup }
    do throws(LedgerError) {
      return try service.ledger.groups.visible(publicID: id, to: viewer)
    } catch {
      throw error.code.kind == .notFound ? RequestError.noGroup : service.refusal(error)
    }
  }

  /// The same with the summary of the group where that takes little: of one look at the ledger.
  func summedGroup() throws(RequestError) -> (group: VisibleGroup, summary: GroupSummary?) {
    guard let id = PublicID(part("group")) else { throw .noGroup }
    do throws(LedgerError) {
      return try service.ledger.groups.summed(publicID: id, to: viewer)
    } catch {
      throw error.code.kind == .notFound ? RequestError.noGroup : service.refusal(error)
    }
  }

  /// The group that the path names, of which a person who acts through its own token must be an admin.
  func administered(_ name: String = "group") throws(RequestError) -> Group {
    let group = try group(name)
    // Of a group below, the ledger decides by what the granter is there.
    guard group.role != .member else {
      throw RequestError(.forbidden, "This is for admins of the group.")
    }
    return group.group
  }
}

extension RequestError {
  static let noGroup = RequestError(.notFound, "There is no such group, or the token does not reach it.")
}
