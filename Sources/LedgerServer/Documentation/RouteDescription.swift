import HTTPSupport

/// The server's routes, as `Schemas/openapi.yaml` describes them.
struct RouteDescriptions {
  /// The document, byte for byte.
  static let text = String(decoding: PackageResources.openapi_yaml, as: UTF8.self)

  /// What is said of one route.
  struct Operation {
    let path: String
    /// In capitals.
    let method: String
    let content: JSONValue
  }

  let document: JSONValue
  let operations: [Operation]

  private static let methods: Set<String> = ["get", "put", "post", "delete", "patch", "head", "options", "trace"]

  /// - Throws: where the document is not in the part of YAML that is read here.
  init(_ text: String = Self.text) throws(YAMLDocument.Failure) {
    document = try YAMLDocument.parse(text)
    operations = (document["paths"]?.members ?? []).flatMap { path in
      path.value.members.filter { Self.methods.contains($0.name) }.map {
        Operation(path: path.name, method: $0.name.uppercased(), content: $0.value)
      }
    }
  }

  /// What a value stands for, where it is a reference into the document.
  func resolved(_ value: JSONValue) -> JSONValue {
    guard let reference = value["$ref"]?.text, reference.hasPrefix("#/") else { return value }
    return reference.dropFirst(2).split(separator: "/").reduce(document) { $0[String($1)] ?? .null }
  }
}

extension JSONValue {
  /// The members of an object, in their order; none of anything else.
  var members: [Member] { if case .members(let members) = self { members } else { [] } }

  /// The items of an array; none of anything else.
  var items: [JSONValue] { if case .array(let items) = self { items } else { [] } }
}
