package import CredentialLedger
public import HTTPTypes
public import Hummingbird

/// A route: what is asked, in which form errors are answered, and who answers.
public struct Route: Sendable {
  /// Answers a request.
  public typealias Handler = @Sendable (Request, HTTPContext) async throws(RequestError) -> Response

  public let method: HTTPRequest.Method
  /// The path, with captures as `{name}`.
  public let path: String
  public let errors: ErrorForm
  /// Whether scripts of any web page may call it.
  public let isCrossOrigin: Bool
  public let handler: Handler
  /// What an access token must have, where one opens the route; nil for routes that other things open. Tests go by it.
  package var scopes: Scopes?

  public init(
    _ method: HTTPRequest.Method, _ path: String, errors: ErrorForm = .kaizala, isCrossOrigin: Bool = false,
    _ handler: @escaping Handler
  ) {
    self.method = method
    self.path = path
    self.errors = errors
    self.isCrossOrigin = isCrossOrigin
    self.handler = handler
  }
}

extension Route {
  /// The answer, also where the handler refuses.
  func answer(_ request: Request, _ context: HTTPContext) async -> Response {
    do throws(RequestError) {
      return try await handler(request, context)
    } catch {
      return errors.response(to: error, usedBasic: ClientCredentials.usesBasic(request.headers))
    }
  }
}
