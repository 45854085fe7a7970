extension ServerSettings {
  /// Where clients reach the server, as far as it is known before it listens; nil where the first listener takes any free port.
  package var origin: String? {
    if let publicURL { return publicURL }
    guard let first = listeners.first, first.port != 0 else { return nil }
    return "\(tls == nil ? "http" : "https")://\(first)"
  }

  /// What is allowed and yet seldom meant, each in a sentence for the log.
  public var cautions: [String] {
    var cautions: [String] = []
    if tls == nil, let open = listeners.first(where: { !$0.isLoopback }) {
      cautions.append(
        "listen: secrets and tokens cross the network to \(open) in plain text, unless a proxy before it speaks TLS; "
          + "otherwise set tls.certificate and tls.key")
    }
    if publicURL == nil, let first = listeners.first, first.isEveryAddress {
      cautions.append(
        "public-url: expected where clients reach the server; they are told \(first), which is no address of one machine"
      )
    }
    return cautions
  }
}

extension ListenAddress {
  /// Whether it stands for all addresses of the machine.
  fileprivate var isEveryAddress: Bool { ["0.0.0.0", "::"].contains(host) }
}
