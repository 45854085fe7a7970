extension Scopes {
  /// Reads the scopes of a request of OAuth: names separated by blanks, in any order (RFC 6749 section 3.3). The form with
  /// commas, which `description` gives, is that of the Kaizala Connector API.
  ///
  /// - Returns: nil if a name is unknown, or there is none.
  public init?(oauthText text: some StringProtocol) {
    let names = text.split(separator: " ")
    guard !names.isEmpty, let scopes = Scopes(names.joined(separator: ",")) else { return nil }
    self = scopes
  }
}
