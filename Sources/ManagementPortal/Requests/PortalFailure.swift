import CredentialLedger
import HTTPTypes

/// Why a request does not get the page that it asked for: what the error page says.
struct PortalFailure: Error, Sendable {
  var status: HTTPResponse.Status
  /// The heading: what is so.
  var title: String
  /// What to do.
  var remedy: String
  /// The code in small print.
  var code: String
  /// Whether it is certain that nothing was changed.
  var isUnchanged = true
  /// Further facts about it: terms and descriptions, as markup.
  var facts: HTML = .empty
  /// Where to go on; nil for the page that a conflict is of, and else for the first page.
  var next: (words: String, path: String)?
  /// The wait before the next try.
  var retryAfter: Int?

  /// What there is not, or what one may not see: both are answered alike.
  static func notFound(_ what: String) -> PortalFailure {
    PortalFailure(
      status: .notFound, title: "There is no such \(what), or you may not see it",
      remedy: "Check the address. If you think that this is wrong, tell your operator the request ID.",
      code: "not_found")
  }

  static func forbidden(_ remedy: String) -> PortalFailure {
    PortalFailure(status: .forbidden, title: "You may not do this", remedy: remedy, code: "forbidden")
  }

  static func invalid(_ remedy: String) -> PortalFailure {
    PortalFailure(status: .badRequest, title: "The request is malformed", remedy: remedy, code: "invalid_request")
  }
}

extension PortalFailure {
  /// A refusal or a failure of the ledger, in the words of the portal.
  init(_ error: LedgerError) {
    let code = error.code.rawValue
    switch error.code.kind {
    case .notFound: self = .notFound("object")
    case .gone:
      self.init(
        status: .gone, title: "It is no longer there", remedy: "It was deleted or revoked. Reload the page before it.",
        code: code)
    case .forbidden: self = .forbidden(RefusalWords.sentence(error))
    case .conflict:
      let words = RefusalWords.sentence(error)
      let isStale = words == RefusalWords.changedMeanwhile
      self.init(
        status: .conflict, title: isStale ? "Somebody changed this meanwhile" : "Nothing was done", remedy: words,
        code: code)
    case .invalid, .invalidClient, .invalidCredential, .unauthorizedClient, .invalidScope, .invalidTarget,
      .invalidProof:
      self.init(
        status: .unprocessableContent, title: "Nothing was done", remedy: RefusalWords.sentence(error), code: code)
    case .tooMany:
      self.init(
        status: .tooManyRequests, title: "Too many tries", remedy: RefusalWords.sentence(error), code: code,
        retryAfter: RefusalWords.wait(error))
    case .unavailable, .failed:
      let isFailed = error.code.kind == .failed
      self.init(
        status: isFailed ? .internalServerError : .serviceUnavailable,
        title: isFailed ? "The server could not do this" : "This cannot be done now",
        remedy: RefusalWords.sentence(error), code: code, isUnchanged: error.code != .outcomeUnknown,
        retryAfter: error.code == .busy ? 2 : nil)
    }
  }
}

extension PortalFailure {
  private static let sessionsUnavailable = "sessions_unavailable"

  /// That sessions cannot be kept.
  ///
  /// - Parameter done: what was done all the same, in a sentence; empty for nothing.
  fileprivate init(sessionsAfter done: String) {
    self.init(
      status: .serviceUnavailable, title: "Sessions cannot be read or written now",
      remedy: "\(done.isEmpty ? "Nothing was done." : done) Tell your operator the request ID.",
      code: Self.sessionsUnavailable, isUnchanged: done.isEmpty, retryAfter: 10)
  }

  /// The same failure where it came when the ledger had recorded the sign-in.
  var afterSignIn: PortalFailure {
    guard code != Self.sessionsUnavailable else {
      return PortalFailure(sessionsAfter: "You are not signed in, though the ledger has recorded a sign-in.")
    }
    var failure = self
    failure.isUnchanged = false
    return failure
  }
}

/// Calls the ledger, and puts what it refuses into the portal's words.
func asking<Result>(_ body: () async throws(LedgerError) -> Result) async throws(PortalFailure) -> Result {
  do throws(LedgerError) { return try await body() } catch { throw PortalFailure(error) }
}

/// Calls the store of sessions; where it fails, nobody can sign in.
///
/// - Parameter done: what was done all the same, in a sentence; empty for nothing.
func storing<Result>(
  done: String = "", _ body: () async throws(SessionStoreError) -> Result
) async throws(PortalFailure) -> Result {
  do throws(SessionStoreError) { return try await body() } catch { throw PortalFailure(sessionsAfter: done) }
}
