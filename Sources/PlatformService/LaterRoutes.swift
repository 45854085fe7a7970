import HTTPSupport
package import HTTPTypes

/// Routes of the Kaizala Connector API that this server does not have: they say so, once the token is found good.
extension PlatformService {
  /// Methods, and paths without `/v1`.
  package static let later: [(HTTPRequest.Method, String)] = [
    (.post, "/media"), (.post, "/media/url"),
    (.post, "/groups/{group}/actions"), (.get, "/groups/{group}/actions"),
    (.get, "/groups/{group}/actions/{action}"), (.put, "/groups/{group}/actions/{action}"),
    (.post, "/groups/{group}/actions/{action}/responses"),
    (.put, "/groups/{group}/actions/{action}/properties"), (.post, "/groups/{group}/actions/{action}/reminder"),
    (.post, "/groups/{group}/reaction"), (.get, "/groups/{group}/reaction/summary"),
    (.get, "/groups/{group}/reaction/{reference}"), (.get, "/groups/{group}/reaction/{reference}/summary"),
    (.get, "/bot"), (.post, "/bot"), (.put, "/bot"), (.put, "/bot/{bot}"), (.delete, "/bot/{bot}"),
    (.get, "/bot/accessToken/{bot}"), (.post, "/groups/{group}/bot"),
  ]

  var laterRoutes: [Route] {
    Self.later.flatMap { (method, path) in
      route(method, path, needing: []) { (_) throws(RequestError) in
        throw RequestError(.notImplemented, "This server does not have \(method.rawValue) \(path).")
      }
    }
  }
}
