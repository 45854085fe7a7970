import Hummingbird

/// A route that takes any method, on a path and on all paths below it.
public struct PrefixRoute: Sendable {
  public let path: String
  let handler: Route.Handler
  private var immediate: Route.ImmediateHandler?

  /// - Parameter path: in small letters, with one slash at its beginning and none at its end.
  public init(_ path: String, _ handler: @escaping Route.Handler) {
    self.path = path
    self.handler = handler
  }

  /// One that is answered without waiting for anything, and without the body.
  ///
  /// - Parameter handler: answers on the thread of the connection, in microseconds.
  public init(immediately path: String, _ handler: @escaping Route.ImmediateHandler) {
    self.init(path) { (request, context) throws(RequestError) in try handler(request, [], context).response }
    immediate = handler
  }

  /// Whether it is the route of a path, as a request has it: without regard to the case of ASCII letters and to slashes at the
  /// beginning.
  public static func covers(_ prefix: String, _ path: String) -> Bool {
    // Each request is asked this, by each route of this kind; by bytes, nothing is allocated.
    var rest = path.utf8.drop { $0 == UInt8(ascii: "/") }
    for expected in prefix.utf8.dropFirst() {
      guard let byte = rest.popFirst() else { return false }
      let isCapital = UInt8(ascii: "A")...UInt8(ascii: "Z") ~= byte
      guard (isCapital ? byte | 0x20 : byte) == expected else { return false }
    }
    guard let next = rest.first else { return true }
    return next == UInt8(ascii: "/") || next == UInt8(ascii: "?")
  }

  func answer(_ request: Request, _ context: HTTPContext) async -> Response {
    do throws(RequestError) {
      return try await handler(request, context)
    } catch { return ErrorForm.kaizala.response(to: error) }
  }

  /// What answers a request at once, also where the handler refuses; nil where it may wait.
  var immediateAnswer: WholePaths.ImmediateAnswer? {
    guard let immediate else { return nil }
    return { request, body, context in
      do throws(RequestError) { return try immediate(request, body, context.on(path)) } catch {
        return ErrorForm.kaizala.answer(to: error)
      }
    }
  }
}
