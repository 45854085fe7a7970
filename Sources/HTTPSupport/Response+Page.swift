import CredentialLedger
public import Hummingbird

extension Response {
  /// A page for people. It loads nothing, runs no script, and no other site may frame it.
  ///
  /// - Parameters:
  ///   - body: HTML; whatever comes from outside must be escaped by ``HTMLText/escaped(_:)``.
  ///   - style: the page's style sheet, which the policy allows by its digest.
  public static func page(title: String, body: String, style: String = "") -> Response {
    let sheet = style.isEmpty ? "" : "<style>\(style)</style>"
    let digest = Base64.encode(SHA256.hash(Array(style.utf8)).bytes)
    let allowed = style.isEmpty ? "" : " style-src 'sha256-\(digest)';"
    let html = """
      <!doctype html><html lang="en"><head><meta charset="utf-8">\
      <meta name="viewport" content="width=device-width, initial-scale=1">\
      <title>\(HTMLText.escaped(title))</title>\(sheet)</head><body>\(body)</body></html>
      """
    return Response(
      status: .ok,
      headers: [
        .contentType: "text/html; charset=utf-8", .cacheControl: "no-store",
        .contentSecurityPolicy: "default-src 'none';\(allowed) frame-ancestors 'none'; base-uri 'none'",
        .referrerPolicy: "no-referrer", .xContentTypeOptions: "nosniff",
      ], body: ResponseBody(byteBuffer: ByteBuffer(string: html)))
  }
}

/// Text in HTML.
public enum HTMLText {
  /// The text with the characters replaced that mean something in HTML, in attributes as well.
  public static func escaped(_ text: String) -> String {
    text.replacing("&", with: "&amp;").replacing("<", with: "&lt;").replacing(">", with: "&gt;")
      .replacing("\"", with: "&quot;").replacing("'", with: "&#39;")
  }
}
