import CredentialLedger
import HTTPSupport
import HTTPTypes
import Hummingbird

/// From a request to a page.
extension ManagementPortal {
  func answer(_ request: Request, _ context: HTTPContext) async -> Response {
    let language = Catalogue.preferred(request.headers[.acceptLanguage] ?? "", among: settings.languages)
    return await Catalogue.$current.withValue(language) { await answered(request, context) }
  }

  private func answered(_ request: Request, _ context: HTTPContext) async -> Response {
    var response: Response
    do throws(PortalFailure) {
      response = try await route(request, context)
    } catch {
      let viewer = try? await viewer(of: session(of: request))
      response = page(
        for: error, requestID: context.requestID, reload: Self.sender(of: request), to: viewer)
    }
    if request.method == .head {
      let length = response.body.contentLength
      response.body = ResponseBody()
      response.headers[.contentLength] = length.map { String($0) }
    }
    return response.hardened(isSecure: isSecure)
  }

  private func route(_ request: Request, _ context: HTTPContext) async throws(PortalFailure) -> Response {
    let path = Self.parts(of: request)
    if let asset = asset(path) { return asset }
    guard isSecure || IdentityProvider.isTrusted(origin) else {
      throw PortalFailure(
        status: .forbidden, title: "The portal needs TLS",
        remedy:
          "Its cookies must not be read on the way. An operator sets tls.certificate, or public-url to https behind a proxy.",
        code: "tls_required")
    }
    guard let home = try ownAddress(request) else { throw foreign }
    if let home { return home }
    guard let route = PortalRoute.all.first(where: { $0.matches(path) }) else { throw .notFound("page") }
    let isPost = request.method == .post
    guard isPost || request.method == .get || request.method == .head,
      isPost ? route.post != nil : route.get != nil
    else {
      throw PortalFailure(
        status: .methodNotAllowed, title: "The page does not take this", remedy: "Open the page, and use its form.",
        code: "method_not_allowed")
    }
    guard let query = FormValues(Array((request.uri.query ?? "").utf8)) else {
      throw .invalid("The address is not UTF-8 in percent-encoding.")
    }
    guard let handler = isPost ? route.post : route.get else { throw .notFound("page") }
    if isPost, !route.isForPrograms { try requireOwnPage(request) }
    let session = try await session(of: request)
    var visit = Visit(request: request, context: context, path: path, query: query, form: .none, session: session)
    if isPost {
      // Of somebody without a session nothing is read that would not be looked at, and nothing large.
      if session == nil, case .viewer = handler { return signInFirst(visit, isPost) }
      visit.form = try await form(
        of: request, upTo: session == nil ? min(settings.bodyBytes, Route.smallBody) : settings.bodyBytes)
    }
    switch handler {
    case .anybody(let body): return try await body(self)(visit)
    case .viewer(let body):
      guard let viewer = try await viewer(of: session) else { return signInFirst(visit, isPost) }
      if isPost, SHA256.hash(Array(visit.form["csrf"].utf8)) != SHA256.hash(Array(viewer.session.formToken.utf8)) {
        throw PortalFailure(
          status: .forbidden, title: "The form does not belong to your session",
          remedy: "Nothing was done. Open the page again, and send the form from there.", code: "csrf")
      }
      return try await body(self)(visit, viewer)
    }
  }

  /// The parts of a path below the portal's.
  static func parts(of request: Request) -> [String] {
    request.uri.path.split(separator: "/").dropFirst().map { part in
      PercentEncoding.decode(part.utf8.map { $0 == UInt8(ascii: "+") ? UInt8(ascii: "_") : $0 }) ?? ""
    }
  }

  /// Sends the browser on from a form, at last to another site, by a page. A redirect in answer to a form has to keep to
  /// the policy for forms of the page before, as have all redirects behind it, and where another site leads nobody knows.
  func onward(to address: String, _ words: HTML) -> Response {
    var response = Response.html(
      layout().gate(
        words, #"<h1>\#(words)</h1><p><a class="button button-main" href="\#(address)">\#(words)</a></p>"#))
    response.headers[.named("Refresh")] = "0; url=\(address)"
    return response
  }

  /// A style sheet or a script, for good.
  private func asset(_ path: [String]) -> Response? {
    guard path.first == "assets" else { return nil }
    let wanted = "/portal/" + path.joined(separator: "/")
    guard let asset = Asset.all.first(where: { $0.path == wanted }) else { return nil }
    return Response(
      status: .ok,
      headers: [.contentType: asset.type, .cacheControl: "public, max-age=31536000, immutable"],
      body: ResponseBody(byteBuffer: ByteBuffer(bytes: asset.bytes)))
  }

  private var foreign: PortalFailure {
    PortalFailure(
      status: .forbidden, title: "The request comes from another site",
      remedy: "Nothing was done. Open the portal, and send its own form.", code: "cross_site",
      next: (words: "Open the portal", path: "\(origin)/portal/"))
  }

  /// On the loopback a page of any site may reach the server under a name of its own (DNS rebinding), so only the server's own
  /// name is answered; a browser that uses another name for the machine is sent there.
  ///
  /// - Returns: nil to refuse; nothing inside to go on.
  private func ownAddress(_ request: Request) throws(PortalFailure) -> Response?? {
    guard !isSecure else { return .some(nil) }
    let authority = request.head.authority ?? ""
    if origin == "http://\(authority)" { return .some(nil) }
    guard request.method == .get, authority.hasPrefix("localhost:") || authority.hasPrefix("127.0.0.1:") else {
      return nil
    }
    return .some(.see(origin + request.uri.string))
  }

  /// A form must come from a page of the portal. Browsers say so by `Sec-Fetch-Site`; older ones by `Origin`.
  private func requireOwnPage(_ request: Request) throws(PortalFailure) {
    if let site = request.headers[.named("Sec-Fetch-Site")] {
      guard site == "same-origin" else { throw foreign }
      return
    }
    guard request.headers[.origin] == origin else { throw foreign }
  }

  private func form(of request: Request, upTo limit: Int) async throws(PortalFailure) -> FormValues {
    let type = request.headers[.contentType]?.prefix { $0 != ";" }.lowercased() ?? ""
    guard type == "application/x-www-form-urlencoded" else {
      throw .invalid("Content-Type: expected application/x-www-form-urlencoded.")
    }
    var bytes: [UInt8] = []
    do {
      for try await piece in request.body {
        bytes += piece.readableBytesView
        if bytes.count > limit { break }
      }
    } catch { throw .invalid("The form ends before its length.") }
    guard bytes.count <= limit else { throw .tooLarge }
    guard let form = FormValues(bytes) else { throw .invalid("The form is not UTF-8 in percent-encoding.") }
    return form
  }

  /// Sends somebody who is not signed in to the sign-in page, and back afterwards. What a form said is not repeated.
  private func signInFirst(_ visit: Visit, _ isPost: Bool) -> Response {
    let target = isPost ? "/portal/" : visit.address
    return .see("/portal/sign-in?to=\(PercentEncoding.encode(target))\(isPost ? "&said=ended" : "")")
  }
}
