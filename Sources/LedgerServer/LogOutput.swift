import Glibc
public import Logging

/// Writes log lines to standard error, each in one write: as text, or as an object of JSON.
///
/// What looks like a credential of this ledger is redacted, wherever it was logged: a last resort, since no call logs any.
public struct LogOutput: LogHandler {
  public var metadata: Logger.Metadata = [:]
  public var logLevel: Logger.Level
  public var metadataProvider: Logger.MetadataProvider?
  let isJSON: Bool

  /// Writes as the settings say.
  public init(_ settings: ServerSettings) {
    logLevel = Logger.Level(rawValue: settings.logLevel.rawValue) ?? .info
    isJSON = settings.logFormat == .json
  }

  /// A field of every line.
  public subscript(metadataKey key: String) -> Logger.Metadata.Value? {
    get { metadata[key] }
    set { metadata[key] = newValue }
  }

  /// Writes one line.
  public func log(event: LogEvent) {
    var all = self.metadata
    // Of requests there is an ID of our own.
    all["hb.request.id"] = nil
    if let metadata = event.metadata { all.merge(metadata) { $1 } }
    let line = text(
      event.level, event.message.description, all.sorted { $0.key < $1.key }.map { ($0.key, $0.value.description) })
    var rest = Array(CredentialRedaction.redacted(line).utf8)[...]
    while !rest.isEmpty {
      let count = unsafe rest.withUnsafeBytes { unsafe write(STDERR_FILENO, $0.baseAddress, $0.count) }
      guard count > 0 else { return }
      rest = rest.dropFirst(count)
    }
  }

  func text(_ level: Logger.Level, _ message: String, _ fields: [(String, String)]) -> String {
    let time = LogTime.now
    guard isJSON else {
      let tail = fields.map { " \($0.0)=\(LogOutput.printable($0.1))" }.joined()
      return "\(time) \(level.rawValue) \(LogOutput.printable(message))\(tail)\n"
    }
    let members =
      [("time", time), ("level", level.rawValue), ("message", message)] + fields
    return String(decoding: LogOutput.object(members), as: UTF8.self) + "\n"
  }

  /// Without line ends and other control characters, by which a client could forge lines.
  private static func printable(_ text: String) -> String {
    String(String.UnicodeScalarView(text.unicodeScalars.map { $0.properties.generalCategory == .control ? " " : $0 }))
  }
}
