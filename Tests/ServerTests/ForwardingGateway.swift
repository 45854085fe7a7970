/// A gateway that asks `/check` about each request of its clients, in the way that its source says.
enum ForwardingGateway: CaseIterable {
  /// The middleware ForwardAuth as it is set up by default. It asks under the server's own name.
  case traefik
  /// The directive `forward_auth`. It asks under the name that the client used.
  case caddy

  /// Asks whether a client may send `PUT https://www.example.org/page?x=y`.
  ///
  /// - Parameter headers: header fields of the client, which the gateway hands on.
  func ask(_ served: ServedLedger, _ headers: [String], _ target: String = "/check") throws -> Answer {
    let connection = try Connection(port: served.port)
    let host = self == .traefik ? "127.0.0.1:\(served.port)" : "www.example.org"
    var lines = ["GET \(target) HTTP/1.1", "Host: \(host)", "User-Agent: client/1.0"] + headers
    lines += [
      "X-Forwarded-For: 192.0.2.7", "X-Forwarded-Host: www.example.org", "X-Forwarded-Method: PUT",
      "X-Forwarded-Proto: https", "X-Forwarded-Uri: /page?x=y", "Accept-Encoding: gzip",
    ]
    lines += self == .traefik ? ["X-Forwarded-Port: 443", "X-Real-Ip: 192.0.2.7"] : ["Via: 2.0 Caddy"]
    connection.send((lines + ["Connection: close"]).joined(separator: "\r\n") + "\r\n\r\n")
    return Answer(connection.readAll())
  }
}
