import HTTPTypes
public import Hummingbird

/// Paths without captures, which are found whole as they are documented: a request for one is not taken apart. So are paths that end
/// in an ID, where that can be answered at once. What is written in another way, in capital letters for instance, is left to the
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

  /// A path that ends in its only capture.
  private struct Ending {
    /// What stands before the capture.
    let prefix: Substring
    let capture: Substring
    let method: HTTPRequest.Method
    let immediate: ImmediateAnswer
  }

  private var entries: [Substring: [Entry]] = [:]
  private var endings: [Ending] = []

  /// Adds what answers a method of a path, unless the router has to take the path apart.
  ///
  /// - Parameter paths: of all routes. Where one has a word in the place of a capture, the router is to say which is meant.
  mutating func add(_ path: String, _ entry: Entry, besides paths: [String]) {
    guard let brace = path.firstIndex(of: "{") else {
      entries[path[...], default: []].append(entry)
      return
    }
    let (prefix, capture) = (path[..<brace], path[brace...].dropFirst().dropLast())
    let hasWords = paths.contains { $0.hasPrefix(prefix) && $0.dropFirst(prefix.count).first != "{" }
    guard case .immediate(let immediate) = entry.direct, path.last == "}", !capture.contains("{"), !hasWords else {
      return
    }
    endings.append(Ending(prefix: prefix, capture: capture, method: entry.method, immediate: immediate))
  }

  /// What answers a request; nil where the router is to say.
  func entry(for head: HTTPRequest) -> Entry? {
    guard let target = head.path else { return nil }
    let path = target[..<(target.utf8.firstIndex(of: UInt8(ascii: "?")) ?? target.endIndex)]
    return entries[path]?.first { $0.method == head.method }
  }

  /// What answers a request at once whose path ends in an ID, and which has no body; nil where the router is to say.
  func immediateAnswer(toIDOf head: HTTPRequest) -> ImmediateAnswer? {
    guard let target = head.path else { return nil }
    for ending in endings where ending.method == head.method && target.utf8.starts(with: ending.prefix.utf8) {
      let id = target.utf8.dropFirst(ending.prefix.utf8.count).prefix { $0 != UInt8(ascii: "?") }
      guard !id.isEmpty, id.allSatisfy(Self.isOfID), head.headerFields[.contentLength] == nil,
        head.headerFields[.transferEncoding] == nil
      else { return nil }
      let (capture, value, immediate) = (ending.capture, Substring(id), ending.immediate)
      return { request, body, context in
        var context = context
        context.coreContext.parameters = [capture: value]
        return immediate(request, body, context)
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
