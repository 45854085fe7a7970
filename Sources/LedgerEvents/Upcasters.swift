/// Reads payloads of older versions as the current one.
///
/// Each step lifts a message by one version, and a type's chain of steps starts at the version that was read. A new
/// version is one more step, and one more case in its type's chain.
enum Upcasters {
  /// `phone.pin_requested` of version 1 or 2.
  static func phonePINRequested(
    _ payload: RawSpan, from source: PayloadSource
  ) throws(EventCodingError) -> V2PhonePINRequested {
    switch source.version {
    case 1: try version2(of: source.decode(payload))
    default: try source.decode(payload)
    }
  }

  /// Version 1 knew one cost of the hash, N = 2^14; version 2 names it.
  static func version2(of old: PhonePINRequested) -> V2PhonePINRequested {
    .with {
      $0.account = old.account
      if old.hasNumber { $0.number = old.number }
      $0.salt = old.salt
      $0.pinDigest = old.pinDigest
      $0.expiresAt = old.expiresAt
      $0.scryptLog2N = 14
      $0.unknownFields = old.unknownFields
    }
  }
}
