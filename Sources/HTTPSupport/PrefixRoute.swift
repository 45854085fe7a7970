import Hummingbird

/// A route that takes any method, on a path and on all paths below it.
public struct PrefixRoute: Sendable {
  public let path: String
  let handler: Route.Handler

  /// - Parameter path: in small letters, with one slash at its beginning and none at its end.
  public init(_ path: String, _ handler: @escaping Route.Handler) {
    self.path = path
    self.handler = handler
  }

  /// Whether it is the route of a path, as a request has it.
  public static func covers(_ prefix: String, _ path: some StringProtocol) -> Bool {
    let bare = path.drop { $0 == "/" }.prefix(prefix.count).lowercased()
    return bare == prefix.dropFirst() || bare == prefix.dropFirst() + "/" || bare == prefix.dropFirst() + "?"
  }

  func answer(_ request: Request, _ context: HTTPContext) async -> Response {
    do throws(RequestError) {
      return try await handler(request, context)
    } catch { return ErrorForm.kaizala.response(to: error) }
  }
}
