import CredentialLedger
import HTTPSupport
import HTTPTypes
import Hummingbird

/// A request for a page: what it asks, and the session that it belongs to.
struct Visit: Sendable {
  let request: Request
  let context: HTTPContext
  /// The parts of the path below the portal's.
  let path: [String]
  let query: FormValues
  /// What a POST carries; empty for a GET.
  var form: FormValues
  let session: Session?

  /// The text in a place of the route's pattern.
  func part(_ index: Int) -> String { path.indices.contains(index) ? path[index] : "" }

  /// The path and the query, to come back to.
  var address: String {
    "/portal/" + path.joined(separator: "/") + (request.uri.query.map { "?\($0)" } ?? "")
  }

  /// The newest that a browser which follows something has seen; nil for one that begins.
  var lastSeen: UInt64? { request.headers[.named("Last-Event-ID")].flatMap { UInt64($0) } }

  /// What the ledger records of the request.
  ///
  /// - Parameters:
  ///   - once: names a form that must not be performed twice.
  ///   - reason: why it is done; empty where nobody says.
  func recorded(once: String? = nil, reason: String = "") -> CredentialLedger.RequestContext {
    CredentialLedger.RequestContext(
      requestID: context.requestID, address: context.clientAddress, idempotencyKey: once.map { "portal-\($0)" },
      reason: reason.isEmpty ? nil : reason)
  }
}

/// Who is signed in.
struct Viewer: Sendable {
  let account: Account
  let name: String
  let session: Session

  var id: AccountID { account.id }
  /// Whether it reads everything: operators and auditors.
  var readsAll: Bool { account.role == .operator || account.role == .auditor }

  /// The hidden field that each form has.
  var token: HTML { #"<input type="hidden" name="csrf" value="\#(session.formToken)">"# }
}

extension HTML {
  /// The bytes to send, in the language of the request.
  var answered: String { (Catalogue.current.map { HTML(translated: $0.translated(text)) } ?? self).sent }
}

extension Response {
  /// An HTML page. No cache keeps it.
  static func html(_ html: HTML, status: HTTPResponse.Status = .ok) -> Response {
    var response = Response(
      status: status, headers: [.contentType: "text/html; charset=utf-8"],
      body: ResponseBody(byteBuffer: ByteBuffer(string: html.answered)))
    response.headers[.contentSecurityPolicy] =
      "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    return response
  }

  /// Lets the page's own script ask the portal for more.
  var askedByScripts: Response {
    var response = self
    response.headers[.contentSecurityPolicy] = headers[.contentSecurityPolicy].map { $0 + "; connect-src 'self'" }
    return response
  }

  /// Sends the browser on with a GET.
  static func see(_ path: String) -> Response {
    Response(status: .seeOther, headers: [.location: path, .contentLength: "0"])
  }

  /// A file to keep.
  static func download(_ bytes: [UInt8], type: String, name: String) -> Response {
    Response(
      status: .ok, headers: [.contentType: type, .contentDisposition: "attachment; filename=\"\(name)\""],
      body: ResponseBody(byteBuffer: ByteBuffer(bytes: bytes)))
  }

  /// With the header fields that every answer of the portal has.
  func hardened(isSecure: Bool) -> Response {
    var response = self
    response.headers[.xContentTypeOptions] = "nosniff"
    response.headers[.named("Referrer-Policy")] = "no-referrer"
    response.headers[.named("X-Frame-Options")] = "DENY"
    response.headers[.named("Cross-Origin-Opener-Policy")] = "same-origin"
    response.headers[.named("Cross-Origin-Resource-Policy")] = "same-origin"
    response.headers[.named("Permissions-Policy")] = "camera=(), geolocation=(), microphone=(), payment=()"
    if response.headers[.contentSecurityPolicy] == nil {
      response.headers[.contentSecurityPolicy] = "default-src 'none'; frame-ancestors 'none'"
    }
    if response.headers[.cacheControl] == nil { response.headers[.cacheControl] = "no-store" }
    if isSecure { response.headers[.strictTransportSecurity] = "max-age=31536000" }
    return response
  }
}
