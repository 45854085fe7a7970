/// A short message to a phone. Prints as redacted: it holds a number and a PIN.
struct TextMessage: Sendable, CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
  /// The number in E.164 form.
  let number: String
  let text: String

  var description: String { "<redacted>" }
  var debugDescription: String { "<redacted>" }
  var customMirror: Mirror { Mirror(self, children: EmptyCollection<Mirror.Child>()) }
}

/// Carries text messages.
protocol TextMessageGateway: Sendable {
  /// Hands a message over.
  ///
  /// - Returns: the HTTP status that the gateway answered with; nil where it speaks no HTTP.
  /// - Throws: why it did not take the message.
  func send(_ message: TextMessage) async throws(GatewayFailure) -> Int?

  /// Ends its connections.
  func close() async
}

/// Why a gateway did not take a message. Holds nothing of the message.
struct GatewayFailure: Error, Equatable {
  /// Whether the gateway refused the message for good, so that another try is of no use.
  let isFinal: Bool
  /// The HTTP status of its answer, if it gave one.
  let status: Int?
  /// What happened, for the log.
  let reason: String
}
