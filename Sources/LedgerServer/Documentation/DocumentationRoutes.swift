import HTTPSupport
import HTTPTypes
import Hummingbird

/// The description of the routes: for programs, and as a page.
struct DocumentationRoutes: Sendable {
  private static let page: String? = try? RouteDescriptions().html

  var routes: [Route] {
    [
      Route(.get, "/openapi.yaml", isCrossOrigin: true) { _, _ in
        Response(
          status: .ok, headers: [.contentType: "application/yaml; charset=utf-8", .cacheControl: "max-age=300"],
          body: ResponseBody(byteBuffer: ByteBuffer(string: RouteDescriptions.text)))
      },
      Route(.get, "/docs") { (_, _) throws(RequestError) in
        guard let page = Self.page else { throw RequestError(.failed, "The description cannot be shown.") }
        return .page(title: "CredentialLedger: routes", body: page, style: Self.style)
      },
    ]
  }

  private static let style = """
    body{font-family:sans-serif;line-height:1.45;max-width:60em;margin:2em auto;padding:0 1em;color:#222;background:#fff}
    code{font-family:monospace;font-size:1.05em}h2{margin-top:2.5em;border-bottom:1px solid #ccc}
    section{margin:1.2em 0;padding:.6em 1em;border:1px solid #ddd;border-radius:6px}h3{margin:.2em 0}
    table{border-collapse:collapse;margin:.5em 0}td,th{text-align:left;vertical-align:top;padding:.15em 1em .15em 0}
    @media(prefers-color-scheme:dark){body{color:#ddd;background:#1b1b1b}section{border-color:#444}a{color:#8bf}}
    """
}

extension RouteDescriptions {
  /// The page's body.
  fileprivate var html: String {
    let info = document["info"]
    let tags = document["tags"]?.items ?? []
    let paragraphs = Self.text(info?["description"]).split(separator: "\n\n").map {
      "<p>\(HTMLText.escaped(String($0)))</p>"
    }
    let sections = tags.map { tag in
      let name = Self.text(tag["name"])
      let own = operations.filter { $0.content["tags"]?.items.first?.text == name }.map(html)
      return
        "<h2 id=\"\(HTMLText.escaped(name))\">\(HTMLText.escaped(Self.text(tag["description"])))</h2>\(own.joined())"
    }
    return """
      <h1>\(HTMLText.escaped(Self.text(info?["title"])))</h1><p>\(HTMLText.escaped(Self.text(info?["summary"])))</p>\
      \(paragraphs.joined())<p>For programs: <a href="/openapi.yaml">openapi.yaml</a>.</p>\(sections.joined())
      """
  }

  private func html(_ operation: Operation) -> String {
    var parts = [
      "<h3><code>\(operation.method) \(HTMLText.escaped(operation.path))</code></h3>",
      "<p>\(HTMLText.escaped(Self.text(operation.content["summary"])))</p>",
    ]
    if let more = operation.content["description"] { parts.append("<p>\(HTMLText.escaped(Self.text(more)))</p>") }
    let parameters = (operation.content["parameters"]?.items ?? []).map { given in
      let parameter = resolved(given)
      return [
        Self.text(parameter["name"]), Self.text(parameter["in"]), Self.text(parameter["description"]),
      ]
    }
    let body = operation.content["requestBody"].map(resolved)
    let fields = (body?["content"]?.members ?? []).flatMap { type in
      let schema = type.value["schema"].map(resolved) ?? .null
      return (schema["properties"]?.members ?? []).map { field in
        [field.name, type.name, Self.text(resolved(field.value)["description"])]
      }
    }
    parts.append(Self.table(["Parameter", "In", ""], parameters + fields))
    let answers = (operation.content["responses"]?.members ?? []).map { answer in
      [answer.name, Self.text(resolved(answer.value)["description"])]
    }
    parts.append(Self.table(["Status", ""], answers))
    return "<section>\(parts.joined())</section>"
  }

  private static func table(_ head: [String], _ rows: [[String]]) -> String {
    guard !rows.isEmpty else { return "" }
    func row(_ cells: [String], _ tag: String) -> String {
      "<tr>\(cells.map { "<\(tag)>\(HTMLText.escaped($0))</\(tag)>" }.joined())</tr>"
    }
    return "<table>\(row(head, "th"))\(rows.map { row($0, "td") }.joined())</table>"
  }

  private static func text(_ value: JSONValue?) -> String { value?.text ?? "" }
}
