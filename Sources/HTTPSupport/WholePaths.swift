import HTTPTypes
public import Hummingbird

/// Paths without captures, which are found whole as they are documented: a request for one is not taken apart. What is written
/// in another way, in capital letters for instance, is left to the router.
public struct WholePaths: Sendable {
  /// Answers a request for a path.
  typealias Answer = @Sendable (Request, HTTPContext) async -> Response

  /// Answers a request, with its body, without waiting.
  public typealias ImmediateAnswer = @Sendable (Request, [UInt8], HTTPContext) -> WholeAnswer

  struct Entry {
    let method: HTTPRequest.Method
    let answer: Answer
    /// Nil where the answer may wait for something.
    let immediate: ImmediateAnswer?
  }

  private var entries: [Substring: [Entry]] = [:]

  /// Adds what answers a method of a path, unless the path has captures.
  mutating func add(_ path: String, _ entry: Entry) {
    guard !path.contains("{") else { return }
    entries[path[...], default: []].append(entry)
  }

  /// What answers a request; nil where the router is to say.
  func entry(for head: HTTPRequest) -> Entry? {
    guard let target = head.path else { return nil }
    let path = target[..<(target.utf8.firstIndex(of: UInt8(ascii: "?")) ?? target.endIndex)]
    return entries[path]?.first { $0.method == head.method }
  }
}
