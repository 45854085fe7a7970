import LedgerTestSupport
import Testing

/// Holds JSON that the program wrote against a schema in `Schemas/files`, with a validator that is not ours.
///
/// - Parameters:
///   - text: one document, or several one after the other.
///   - schema: the schema's name, such as `stats`.
func expectDocuments(
  _ text: String, match schema: String, file: String = #filePath, sourceLocation: SourceLocation = #_sourceLocation
) throws {
  let root = file.split(separator: "/", omittingEmptySubsequences: false).dropLast(3).joined(separator: "/")
  let result = try runProgram([schema], of: "\(root)/Tools/checks/documents", input: text)
  #expect(
    result.status == 0, "not as \(schema).schema.json says:\n\(result.output)\(result.error)",
    sourceLocation: sourceLocation)
}
