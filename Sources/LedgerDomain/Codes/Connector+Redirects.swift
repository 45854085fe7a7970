extension Connector {
  /// Whether codes may be sent to an address: one that is registered, byte for byte, but for the port of one on the
  /// loopback interface (RFC 8252 section 7.3).
  public func accepts(redirectURI uri: String) -> Bool {
    details.redirectUris.contains { RedirectURI.isMatch(uri, registered: $0) }
  }
}
