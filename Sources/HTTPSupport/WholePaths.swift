import HTTPTypes
import Hummingbird

/// Paths without captures, which are found whole as they are documented: a request for one is not taken apart. What is written
/// in another way, in capital letters for instance, is left to the router.
struct WholePaths: Sendable {
  /// Answers a request for a path.
  typealias Answer = @Sendable (Request, HTTPContext) async -> Response

  private var answers: [Substring: [(method: HTTPRequest.Method, answer: Answer)]] = [:]

  /// Adds what answers a method of a path, unless the path has captures.
  mutating func add(_ path: String, _ method: HTTPRequest.Method, _ answer: @escaping Answer) {
    guard !path.contains("{") else { return }
    answers[path[...], default: []].append((method, answer))
  }

  /// What answers a request; nil where the router is to say.
  func answer(to head: HTTPRequest) -> Answer? {
    guard let target = head.path else { return nil }
    let path = target[..<(target.utf8.firstIndex(of: UInt8(ascii: "?")) ?? target.endIndex)]
    return answers[path]?.first { $0.method == head.method }?.answer
  }
}
