public import CredentialLedger
public import Hummingbird
public import Logging
public import NIOCore
import Synchronization

/// What is known of a request besides its head and its body.
public struct HTTPContext: Hummingbird.RequestContext {
  public var coreContext: CoreRequestContextStorage
  /// Names the request: in its answer, in the logs, and in the events that it causes.
  public let requestID: String
  /// The other end of the connection.
  public let peer: SocketAddress?
  /// The address that the request is recorded with: the peer's, or what a trusted proxy says. The peer's is written when it is
  /// asked for, since most requests are recorded nowhere.
  public var clientAddress: String? {
    get { if let forwardedAddress { forwardedAddress } else { peer?.ipAddress } }
    set { forwardedAddress = .some(newValue) }
  }
  /// Nil unless a proxy was heard.
  private var forwardedAddress: String??
  /// What names the trace that the request is of, and its part in it; nil where traces are ignored.
  package var trace: (trace: String, span: String)?
  /// The connection, or the stream of one.
  package let channel: any Channel

  /// Of a request on a connection.
  public init(source: ApplicationRequestContextSource) {
    coreContext = CoreRequestContextStorage(source: source)
    requestID = Self.freshID()
    channel = source.channel
    peer = source.channel.remoteAddress
  }

  /// Names the process among all that ever served.
  private static let process = UInt64.random(in: .min ... .max)
  private static let count = Atomic<UInt64>(0)

  /// 128 bits in hexadecimal digits: 64 random ones of the process, and 64 that no other of its requests has. The ID is no
  /// secret, and each request would ask the system for random bits.
  package static func freshID() -> String {
    let number = count.wrappingAdd(1, ordering: .relaxed).newValue
    // An odd factor keeps numbers apart, and makes IDs that people can tell from each other.
    let words = (process, number &* 0x9E37_79B9_7F4A_7C15)
    return unsafe String(unsafeUninitializedCapacity: 32) { text in
      for place in 0..<16 {
        unsafe text[place] = Hex.digit(UInt8(truncatingIfNeeded: words.0 >> UInt64(60 - 4 * place)) & 0xF)
        unsafe text[16 + place] = Hex.digit(UInt8(truncatingIfNeeded: words.1 >> UInt64(60 - 4 * place)) & 0xF)
      }
      return 32
    }
  }

  /// Writes lines that name the request. Made when a line is to be written, since most requests write none.
  public var requestLogger: Logger {
    var logger = logger
    logger[metadataKey: "request_id"] = .string(requestID)
    if let trace {
      logger[metadataKey: "trace_id"] = .string(trace.trace)
      logger[metadataKey: "span_id"] = .string(trace.span)
    }
    return logger
  }

  /// Whom the request counts for where clients are unknown.
  public var network: String { AddressRange.network(of: clientAddress) }

  /// With the route's path as it is documented, which logs and metrics tell.
  func on(_ path: String) -> HTTPContext {
    coreContext.endpointPath.value = path
    return self
  }

  /// Whether no route has the path: the router names the route that it took, and this where it took none.
  public var isUnknownPath: Bool { endpointPath == nil || endpointPath == "NotFound" }

  /// What the ledger records of the request.
  ///
  /// - Parameter headers: of the request; `Idempotency-Key` is taken from them.
  public func recorded(_ headers: HTTPFields) -> CredentialLedger.RequestContext {
    CredentialLedger.RequestContext(
      requestID: requestID, address: clientAddress, idempotencyKey: headers.value(of: .idempotencyKey))
  }
}
