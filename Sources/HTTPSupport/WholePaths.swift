import HTTPTypes
public import Hummingbird

/// Paths without captures, which are found whole as they are documented: a request for one is not taken apart. So are paths with
/// one ID in them, where that is answered without a stream for a body. What is written in another way, in capital letters for instance, is left to the
/// router.
public struct WholePaths: Sendable {
  /// Answers a request for a path.
  typealias Answer = @Sendable (Request, HTTPContext) async -> Response

  /// Answers a request, with its body, without waiting; nil where it turns out to have to wait, and then nothing was done.
  public typealias ImmediateAnswer = @Sendable (Request, [UInt8], HTTPContext) -> WholeAnswer?

  /// Answers a request, with its body, once what it waits for is there.
  public typealias AwaitedAnswer = @Sendable (Request, [UInt8], HTTPContext) async -> WholeAnswer

  /// What answers a request whose body comes whole.
  public enum DirectAnswer: Sendable {
    case immediate(ImmediateAnswer)
    case awaited(AwaitedAnswer)
  }

  struct Entry {
    let method: HTTPRequest.Method
    let answer: Answer
    /// Nil where a body may be large.
    let direct: DirectAnswer?
  }

  /// A path with one capture.
  private struct Captured {
    /// What stands before the capture.
    let prefix: Substring
    let capture: Substring
    /// What stands after it.
    let suffix: Substring
    let method: HTTPRequest.Method
    let direct: DirectAnswer
  }

  private var entries: [Substring: [Entry]] = [:]
  private var captured: [Captured] = []

  /// Adds what answers a method of a path, unless the router has to take the path apart.
  ///
  /// - Parameter paths: of all routes. Where one has a word in the place of a capture, the router is to say which is meant.
  mutating func add(_ path: String, _ entry: Entry, besides paths: [String]) {
    guard let brace = path.firstIndex(of: "{"), let end = path.firstIndex(of: "}") else {
      entries[path[...], default: []].append(entry)
      return
    }
    let (prefix, suffix) = (path[..<brace], path[path.index(after: end)...])
    let hasWords = paths.contains { $0.hasPrefix(prefix) && $0.dropFirst(prefix.count).first != "{" }
    guard let direct = entry.direct, !suffix.contains("{"), !hasWords else { return }
    captured.append(
      Captured(
        prefix: prefix, capture: path[path.index(after: brace)..<end], suffix: suffix, method: entry.method,
        direct: direct))
  }

  /// What answers a request; nil where the router is to say.
  func entry(for head: HTTPRequest) -> Entry? {
    guard let target = head.path else { return nil }
    let path = target[..<(target.utf8.firstIndex(of: UInt8(ascii: "?")) ?? target.endIndex)]
    return entries[path]?.first { $0.method == head.method }
  }

  /// What answers a request whose path has an ID in it; nil where the router is to say. One that is answered at once has no body.
  func directAnswer(toIDOf head: HTTPRequest) -> DirectAnswer? {
    guard let path = head.path?.utf8.prefix(while: { $0 != UInt8(ascii: "?") }) else { return nil }
    for route in captured where route.method == head.method && path.starts(with: route.prefix.utf8) {
      let rest = path.dropFirst(route.prefix.utf8.count)
      let id = rest.prefix { $0 != UInt8(ascii: "/") }
      guard rest.dropFirst(id.count).elementsEqual(route.suffix.utf8) else { continue }
      guard !id.isEmpty, id.allSatisfy(Self.isOfID) else { return nil }
      let (capture, value) = (route.capture, Substring(id))
      switch route.direct {
      case .immediate(let answer):
        guard head.headerFields[.contentLength] == nil, head.headerFields[.transferEncoding] == nil else { return nil }
        return .immediate { answer($0, $1, $2.with(capture, value)) }
      case .awaited(let answer): return .awaited { await answer($0, $1, $2.with(capture, value)) }
      }
    }
    return nil
  }

  /// Whether a byte may be in an ID: a digit, a letter or a hyphen of ASCII.
  private static func isOfID(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"): true
    default: UInt8(ascii: "a")...UInt8(ascii: "z") ~= byte | 0x20
    }
  }
}

extension HTTPContext {
  fileprivate func with(_ capture: Substring, _ value: Substring) -> HTTPContext {
    var context = self
    context.coreContext.parameters = [capture: value]
    return context
  }
}
