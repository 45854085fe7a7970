package import HTTPSupport
package import HTTPTypes
import Hummingbird

/// What the server refuses before the portal is reached.
extension ManagementPortal {
  /// The page that tells a person's browser of a refusal, in its language. Made in microseconds, without waiting.
  ///
  /// - Parameter head: of the request; where that was too large to be read, of the one before it on the connection.
  /// - Returns: nil for a program, for what is not of the portal, and for what no browser does.
  package func page(refusing error: RequestError, of head: HTTPRequest, requestID: String) -> WholeAnswer? {
    guard Self.isForPerson(head), let failure = PortalFailure(beforeThePortal: error) else { return nil }
    let language = Catalogue.preferred(head.headerFields[.acceptLanguage] ?? "", among: settings.languages)
    return Catalogue.$current.withValue(language) {
      let html = document(of: failure, requestID: requestID, to: nil)
      return WholeAnswer(
        status: failure.status,
        headers: Response.html(html, status: failure.status).hardened(isSecure: isSecure).headers,
        body: Array(html.answered.utf8))
    }
  }

  /// Whether a browser asks for one of the pages, or sends a form to one.
  package static func isForPerson(_ head: HTTPRequest) -> Bool {
    PrefixRoute.covers(path, head.path ?? "") && head.headerFields[.accept]?.contains("text/html") == true
  }
}

extension PortalFailure {
  static let tooLarge = PortalFailure(
    status: .contentTooLarge, title: "The form is too large", remedy: "Nothing was done. Send less text.",
    code: "too_large")

  /// Nil for what no browser does.
  fileprivate init?(beforeThePortal error: RequestError) {
    switch error.kind {
    case .tooLarge: self = .tooLarge
    case .headerTooLarge:
      self.init(
        status: .requestHeaderFieldsTooLarge, title: "The browser sent too much with its request",
        remedy: "Nothing was done. Delete the cookies of this site in your browser, and open the page again.",
        code: "header_too_large")
    default: return nil
    }
  }
}
