import CredentialLedger
import HTTPSupport
import HTTPTypes
import Hummingbird
import Synchronization

/// Lists of the signed tokens that are not good any more (Token Status List, draft-ietf-oauth-status-list).
extension TokenService {
  static let statusListsPath = "/oauth2/status-lists"

  /// For how long a list may be relied on, and after which time it is to be fetched anew, in seconds.
  static let statusListLifetime: Int64 = 300
  static let statusListTimeToLive: Int64 = 60

  var statusListRoutes: [Route] {
    [
      Route(.get, Self.statusListsPath, errors: .oauth, isCrossOrigin: true) { (_, _) throws(RequestError) in
        try statusListNames
      },
      Route(.get, Self.statusListsPath + "/{list}", errors: .oauth, isCrossOrigin: true) {
        (_, context) throws(RequestError) in
        guard let text = context.parameters.get("list"), let number = UInt64(text), String(number) == text else {
          throw RequestError(.notFound, "There is no such list.")
        }
        return try await statusList(number)
      },
    ]
  }

  /// Where the lists are, the newest first: older ones are of tokens that have expired.
  private var statusListNames: Response {
    get throws(RequestError) {
      let numbers: ClosedRange<UInt64>
      do throws(LedgerError) { numbers = try ledger.tokens.statusLists } catch { throw RequestError(error) }
      let names = numbers.reversed().prefix(1_000).map { JSONValue.string(origin + Self.statusListsPath + "/\($0)") }
      return .json(
        .object([("status_lists", .array(names))]),
        headers: [.cacheControl: "max-age=\(Self.statusListTimeToLive)"])
    }
  }

  private func statusList(_ number: UInt64) async throws(RequestError) -> Response {
    let uri = origin + Self.statusListsPath + "/\(number)"
    let ledger = ledger
    let text = try await asking { () async throws(LedgerError) in
      try await statusListsMade.text(number, uri) { () async throws(LedgerError) in
        try await ledger.tokens.signedStatusList(
          number, at: uri, lifetime: .seconds(Self.statusListLifetime),
          timeToLive: .seconds(Self.statusListTimeToLive))
      }
    }
    return Response(
      status: .ok,
      headers: [
        .contentType: "application/statuslist+jwt", .cacheControl: "max-age=\(Self.statusListTimeToLive)",
      ], body: ResponseBody(byteBuffer: ByteBuffer(string: text)))
  }
}

/// Lists that were made a moment ago, so that many who ask at once cost one look.
final class StatusListsMade: Sendable {
  /// For how long one is handed out: with the time to live this bounds how late a revocation is seen.
  static let patience = Duration.seconds(5)
  private static let capacity = 8

  private struct Made {
    let number: UInt64
    let uri: String
    let text: String
    let at: ContinuousClock.Instant
  }

  /// Makes a list.
  typealias Maker = @Sendable () async throws(LedgerError) -> String

  private let made = Mutex<[Made]>([])
  /// Lists that are being made, by their numbers.
  private let underway = Mutex<[UInt64: Task<Result<String, LedgerError>, Never>]>([:])

  /// A list that was made lately, or is made now: once for all who ask meanwhile.
  func text(_ number: UInt64, _ uri: String, making make: @escaping Maker) async throws(LedgerError) -> String {
    let task = underway.withLock { tasks -> Task<Result<String, LedgerError>, Never>? in
      if let task = tasks[number] { return task }
      guard text(number, uri) == nil else { return nil }
      let task = Task { await self.make(number, uri, make) }
      tasks[number] = task
      return task
    }
    guard let task else {
      if let text = text(number, uri) { return text }
      return try await make()
    }
    return try await task.value.get()
  }

  private func make(_ number: UInt64, _ uri: String, _ make: Maker) async -> Result<String, LedgerError> {
    let began = ContinuousClock.now
    let result: Result<String, LedgerError>
    do throws(LedgerError) {
      let text = try await make()
      keep(Made(number: number, uri: uri, text: text, at: began))
      result = .success(text)
    } catch { result = .failure(error) }
    underway.withLock { $0[number] = nil }
    return result
  }

  /// A list that was made lately; nil where there is none.
  private func text(_ number: UInt64, _ uri: String) -> String? {
    let now = ContinuousClock.now
    return made.withLock { made in
      made.removeAll { $0.at + Self.patience < now }
      return made.first { $0.number == number && $0.uri == uri }?.text
    }
  }

  private func keep(_ list: Made) {
    made.withLock { made in
      made.append(list)
      if made.count > Self.capacity { made.removeFirst() }
    }
  }
}
