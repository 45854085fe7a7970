package import CredentialLedger
public import HTTPTypes
public import Hummingbird

/// A route: what is asked, in which form errors are answered, and who answers.
public struct Route: Sendable {
  /// Answers a request.
  public typealias Handler = @Sendable (Request, HTTPContext) async throws(RequestError) -> Response

  /// Answers a request without waiting for anything, in microseconds: it runs on the thread of the connection. The body is given
  /// whole; that of the request is empty.
  public typealias ImmediateHandler = @Sendable (Request, [UInt8], HTTPContext) throws(RequestError) -> WholeAnswer

  /// Answers as an ``ImmediateHandler`` does where it need not wait; nil where it has to, and then nothing was done.
  public typealias TryingHandler = @Sendable (Request, [UInt8], HTTPContext) throws(RequestError) -> WholeAnswer?

  /// Answers a request once what it waits for is there. The body is given whole; that of the request is empty.
  public typealias WholeHandler = @Sendable (Request, [UInt8], HTTPContext) async throws(RequestError) -> WholeAnswer

  public let method: HTTPRequest.Method
  /// The path, with captures as `{name}`.
  public let path: String
  public let errors: ErrorForm
  /// Whether scripts of any web page may call it.
  public let isCrossOrigin: Bool
  public let handler: Handler
  /// The same for a route that can be answered without waiting for anything; nil for one that always may wait.
  public private(set) var immediate: TryingHandler?
  /// The same for a route that waits, but needs no stream for its body; nil for all others.
  private(set) var whole: WholeHandler?
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

  /// The limit in bytes for the body of a request that is answered without waiting, and of any request without a credential. All of
  /// it is in memory.
  public static let smallBody = 65_536

  /// A route that is answered without waiting for anything but the body, of ``smallBody`` bytes at most.
  ///
  /// - Parameter handler: answers on the thread of the connection, in microseconds.
  public init(
    immediately method: HTTPRequest.Method, _ path: String, errors: ErrorForm = .kaizala, isCrossOrigin: Bool = false,
    _ handler: @escaping ImmediateHandler
  ) {
    self.init(method, path, errors: errors, isCrossOrigin: isCrossOrigin) { (request, context) throws(RequestError) in
      try handler(request, try await request.bytes(upTo: Self.smallBody), context).response
    }
    immediate = { (request, body, context) throws(RequestError) in try handler(request, body, context) }
  }

  /// A route whose bodies are small: of ``smallBody`` bytes at most that of a request, and at hand as a whole that of an answer.
  ///
  /// - Parameter handler: answers once what it waits for is there, a commit for instance. It is called on the thread of the
  ///   connection, and goes on there.
  public init(
    whole method: HTTPRequest.Method, _ path: String, errors: ErrorForm = .kaizala, isCrossOrigin: Bool = false,
    _ handler: @escaping WholeHandler
  ) {
    self.init(method, path, errors: errors, isCrossOrigin: isCrossOrigin) { (request, context) throws(RequestError) in
      try await handler(request, try await request.bytes(upTo: Self.smallBody), context).response
    }
    whole = handler
  }

  /// A route whose bodies are most often small.
  ///
  /// - Parameters:
  ///   - whole: answers where the body of the request has ``smallBody`` bytes at most; otherwise the handler does.
  public init(
    _ method: HTTPRequest.Method, _ path: String, errors: ErrorForm = .kaizala, isCrossOrigin: Bool = false,
    whole: @escaping WholeHandler, _ handler: @escaping Handler
  ) {
    self.init(method, path, errors: errors, isCrossOrigin: isCrossOrigin, handler)
    self.whole = whole
  }

  /// A route that can most often be answered without waiting for anything.
  ///
  /// - Parameters:
  ///   - trying: answers on the thread of the connection, in microseconds; where it gives nil, the handler answers.
  public init(
    _ method: HTTPRequest.Method, _ path: String, errors: ErrorForm = .kaizala, isCrossOrigin: Bool = false,
    trying: @escaping TryingHandler, _ handler: @escaping Handler
  ) {
    self.init(method, path, errors: errors, isCrossOrigin: isCrossOrigin, handler)
    immediate = trying
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

  private static func requireSmall(_ body: [UInt8]) throws(RequestError) {
    guard body.count <= Self.smallBody else { throw .tooLarge(Self.smallBody) }
  }

  /// What answers a request at once, also where the handler refuses; nil where it always may wait.
  var immediateAnswer: WholePaths.ImmediateAnswer? {
    guard let immediate else { return nil }
    return { request, body, context in
      var answer: WholeAnswer?
      do throws(RequestError) {
        try Self.requireSmall(body)
        answer = try immediate(request, body, context.on(path))
      } catch {
        answer = errors.answer(to: error, usedBasic: ClientCredentials.usesBasic(request.headers))
      }
      if isCrossOrigin { answer?.headers.allowEveryOrigin() }
      return answer
    }
  }

  /// What answers a request whose body came whole, also where the handler refuses; nil where a body may be large.
  var awaitedAnswer: WholePaths.AwaitedAnswer? {
    guard let whole else { return nil }
    return { request, body, context in
      var answer: WholeAnswer
      do throws(RequestError) {
        try Self.requireSmall(body)
        answer = try await whole(request, body, context.on(path))
      } catch {
        answer = errors.answer(to: error, usedBasic: ClientCredentials.usesBasic(request.headers))
      }
      if isCrossOrigin { answer.headers.allowEveryOrigin() }
      return answer
    }
  }

  /// What answers a request without a stream for its body; nil where there has to be one.
  var directAnswer: WholePaths.DirectAnswer? {
    immediateAnswer.map { .immediate($0) } ?? awaitedAnswer.map { .awaited($0) }
  }
}
