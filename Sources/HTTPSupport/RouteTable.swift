public import HTTPTypes
public import Hummingbird

/// All routes of a server. Paths are matched without regard to case, and `//` and a slash at the end count as they do in
/// the Kaizala form: not at all.
public struct RouteTable: Sendable {
  public let routes: [Route]

  /// Routes that take any method, and all paths below theirs.
  public let prefixes: [PrefixRoute]

  /// - Parameter prefixes: routes that take any method, and all paths below theirs; they go first.
  public init(_ routes: [Route], prefixes: [PrefixRoute] = []) {
    self.routes = routes
    self.prefixes = prefixes
  }

  /// Methods that somebody may try on a path that has others.
  public static let known: [HTTPRequest.Method] = [.get, .post, .put, .delete, .patch, .head, .options]

  /// The routes, and a refusal for each method that a path does not have. An unknown path is refused too.
  public var responder: RouteResponder {
    let router = Router(context: HTTPContext.self, options: [.caseInsensitive])
    var whole = WholePaths()
    let paths = routes.map(\.path)
    func on(
      _ path: String, _ method: HTTPRequest.Method, direct: WholePaths.DirectAnswer? = nil,
      _ answer: @escaping WholePaths.Answer
    ) {
      router.on(RouterPath(path), method: method) { await answer($0, $1.on(path)) }
      guard !prefixes.contains(where: { PrefixRoute.covers($0.path, path) }) else { return }
      whole.add(
        path,
        WholePaths.Entry(method: method, answer: { await answer($0, $1.on(path)) }, direct: direct),
        besides: paths)
    }
    for (path, routes) in Dictionary(grouping: routes, by: { $0.path }) {
      var methods = routes.map(\.method)
      for route in routes {
        on(route.path, route.method, direct: route.directAnswer) { await route.answer($0, $1).shared(route) }
        if route.method == .get {
          methods.append(.head)
          on(route.path, .head) { await route.answer($0, $1).shared(route) }
        }
      }
      guard let first = routes.first else { continue }
      if first.isCrossOrigin {
        methods.append(.options)
        on(path, .options) { _, _ in Response(status: .noContent).shared(first).preflight }
      }
      let allowed = methods.map(\.rawValue).sorted().joined(separator: ", ")
      for method in Self.known where !methods.contains(method) {
        on(path, method) { _, _ in
          first.errors.response(
            to: RequestError(.methodNotAllowed, "This path takes \(allowed).", headers: [.allow: allowed])
          ).shared(first)
        }
      }
    }
    return RouteResponder(router: router.buildResponder(), whole: whole, prefixes: prefixes)
  }
}

/// Answers requests by a table of routes.
public struct RouteResponder: HTTPResponder {
  let router: RouterResponder<HTTPContext>
  let whole: WholePaths
  let prefixes: [PrefixRoute]

  /// The answer of the route that the request is for.
  ///
  /// - Throws: what the connection failed with while the body was read; a refusal is an answer.
  public func respond(to request: Request, context: HTTPContext) async throws -> Response {
    let answer = try await answer(request, context)
    // A refusal has none either: the next answer on the connection would be read out of it (RFC 9110 section 9.3.2).
    return request.method == .head ? answer.headOnly : answer
  }

  /// What answers a request without a stream for its body; nil where there has to be one.
  public func directAnswer(to head: HTTPRequest) -> WholePaths.DirectAnswer? {
    if let entry = whole.entry(for: head) { return entry.direct }
    if let answer = whole.directAnswer(toIDOf: head) { return answer }
    guard let route = prefixes.first(where: { PrefixRoute.covers($0.path, head.path ?? "") }) else { return nil }
    return route.immediateAnswer.map { .immediate($0) }
  }

  private func answer(_ request: Request, _ context: HTTPContext) async throws -> Response {
    if let entry = whole.entry(for: request.head) { return await entry.answer(request, context) }
    for route in prefixes where PrefixRoute.covers(route.path, request.uri.path) {
      return await route.answer(request, context.on(route.path))
    }
    let response = try await router.respond(to: request, context: context)
    guard context.isUnknownPath else { return response }
    return ErrorForm.kaizala.response(to: RequestError(.notFound, "There is no such path.")).crossOrigin
  }
}

extension Response {
  /// With the header fields that the route's answers have.
  fileprivate func shared(_ route: Route) -> Response { route.isCrossOrigin ? crossOrigin : self }

  /// Scripts of any web page may read it.
  fileprivate var crossOrigin: Response {
    var response = self
    response.headers.allowEveryOrigin()
    return response
  }

  /// The answer that a browser asks for before it sends the request itself.
  fileprivate var preflight: Response {
    var response = self
    response.headers[.accessControlAllowMethods] = "GET, POST, PUT, DELETE"
    response.headers[.accessControlAllowHeaders] =
      "accessToken, applicationId, applicationSecret, refreshToken, content-type, authorization, DPoP, Idempotency-Key"
    response.headers[.accessControlMaxAge] = "86400"
    return response
  }

  /// Without its body, of which the length is told.
  fileprivate var headOnly: Response {
    var response = self
    let length = response.body.contentLength
    guard length != 0 else { return self }
    response.body = ResponseBody()
    // Taking the body away told a length of its own.
    response.headers[.contentLength] = length.map { String($0) }
    return response
  }
}

extension HTTPFields {
  /// Has scripts of any web page read the answer. They carry no cookies here, so that nothing is given away.
  mutating func allowEveryOrigin() {
    append(contentsOf: Self.ofEveryOrigin)
  }

  private static let ofEveryOrigin: HTTPFields = [
    .accessControlAllowOrigin: "*",
    .accessControlExposeHeaders: "Retry-After, X-Request-ID, DPoP-Nonce, WWW-Authenticate",
  ]
}
