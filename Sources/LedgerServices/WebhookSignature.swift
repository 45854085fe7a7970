import CredentialLedger

/// Signatures of deliveries in the form of Standard Webhooks.
public enum WebhookSignature {
  /// The header fields of a delivery; without a signature where there is no token to sign by.
  ///
  /// - Parameters:
  ///   - id: the same at each try, such as `Delivery.eventID`.
  ///   - seconds: since 1970.
  ///   - body: what is sent.
  ///   - token: the callback token: its bytes are the key, or what follows `whsec_` in Base64.
  public static func headers(_ id: String, at seconds: Int64, body: [UInt8], token: String) -> [(String, String)] {
    let named = [("webhook-id", id), ("webhook-timestamp", String(seconds))]
    guard !token.isEmpty else { return named }
    let prefix = "whsec_"
    let key = token.hasPrefix(prefix) ? Base64.decode(String(token.dropFirst(prefix.count))) : nil
    let code = HMACSHA256.authenticate(
      Array("\(id).\(seconds).".utf8) + body, key: Secret(copying: key ?? Array(token.utf8)))
    return named + [("webhook-signature", "v1,\(Base64.encode(code.bytes))")]
  }
}
