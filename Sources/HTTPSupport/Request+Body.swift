import HTTPTypes
public import Hummingbird

extension Request {
  /// The media type of forms.
  private static let form = "application/x-www-form-urlencoded"

  /// The form in the body. Parameters in the query are refused, since logs on the way keep addresses.
  ///
  /// - Throws: `tooLarge` past the limit, in bytes; `invalid` for parameters in the query, another media type, and a malformed form.
  public func form(upTo limit: Int) async throws(RequestError) -> FormFields {
    try form(of: try await bytes(upTo: limit))
  }

  /// The same of a body that has come.
  ///
  /// - Throws: `invalid`, as ``form(upTo:)``.
  public func form(of body: [UInt8]) throws(RequestError) -> FormFields {
    guard uri.query?.isEmpty ?? true else {
      throw RequestError(.invalid, "Parameters belong in the body, not in the query.")
    }
    guard mediaType == nil || mediaType == Self.form else {
      throw RequestError(.invalid, "Content-Type: expected \(Self.form)")
    }
    return try FormFields(body)
  }

  /// The form in a body that has come, or the members of a JSON object where the body is one: whatever its Content-Type says.
  ///
  /// - Throws: `invalid` for what is malformed.
  public func formOrJSON(of bytes: [UInt8]) throws(RequestError) -> FormFields {
    guard mediaType != Self.form, bytes.first(where: { $0 > 0x20 }) == UInt8(ascii: "{")
    else {
      return try FormFields(bytes)
    }
    return FormFields(try JSONParser.object(bytes).texts)
  }

  /// The JSON object in the body, whatever its Content-Type says; read as ``JSONParser`` reads.
  ///
  /// - Throws: `tooLarge` past the limit; `invalid` for what is no JSON object.
  public func jsonObject(upTo limit: Int) async throws(RequestError) -> JSONValue {
    try JSONParser.object(try await bytes(upTo: limit))
  }

  /// The media type without parameters, in small letters; nil where none is named.
  private var mediaType: String? {
    guard let value = headers.value(of: .contentType) else { return nil }
    // Nearly all requests say just this.
    if value == Self.form { return value }
    let type = value.utf8.prefix { $0 != UInt8(ascii: ";") }
      .filter { $0 != UInt8(ascii: " ") && $0 != UInt8(ascii: "\t") }
    return type.isEmpty ? nil : String(decoding: type, as: UTF8.self).lowercased()
  }

  /// The body as it came.
  ///
  /// - Throws: `tooLarge` past the limit, in bytes.
  public func bytes(upTo limit: Int) async throws(RequestError) -> [UInt8] {
    do {
      var bytes: [UInt8] = []
      for try await piece in body {
        bytes += piece.readableBytesView
        guard bytes.count <= limit else {
          throw RequestError.tooLarge(limit)
        }
      }
      return bytes
    } catch let error as RequestError {
      throw error
    } catch {
      throw RequestError(.invalid, "The body ends before its length.")
    }
  }
}

extension JSONParser {
  /// The object that a body is.
  ///
  /// - Throws: `invalid` for what is no JSON object.
  public static func object(_ bytes: [UInt8]) throws(RequestError) -> JSONValue {
    let value: JSONValue
    do throws(JSONParser.Failure) { value = try parse(bytes) } catch {
      throw RequestError(.invalid, "The body is not JSON: \(error.reason), at byte \(error.offset).")
    }
    guard case .members = value else { throw RequestError(.invalid, "The body is no JSON object.") }
    return value
  }
}

extension JSONValue {
  /// The members of an object that are texts, or may stand for one; names in small letters.
  fileprivate var texts: [String: String] {
    guard case .members(let members) = self else { return [:] }
    return members.reduce(into: [:]) { $0[$1.name.lowercased()] = $1.value.text }
  }
}
