/// Bounds of the queue of deliveries to webhooks.
public struct DeliveryLimits: Sendable, Equatable {
  /// How large one payload may be, in bytes.
  public static let payloadByteCount = 65_536

  /// How many deliveries may wait for one webhook.
  public var perWebhook: Int
  /// How many may wait altogether, and how many bytes.
  public var total: Int
  public var totalByteCount: Int

  public init(perWebhook: Int = 1_000, total: Int = 100_000, totalByteCount: Int = 1 << 30) {
    self.perWebhook = perWebhook
    self.total = total
    self.totalByteCount = totalByteCount
  }
}
