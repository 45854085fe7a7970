import TestSupport
import Testing

/// Whether the server is as `Schemas/openapi.yaml` describes it, asked by a program that makes requests up from it.
@Suite struct OpenAPITests {
  private static let root = #filePath.split(separator: "/", omittingEmptySubsequences: false).dropLast(3)
    .joined(separator: "/")
  private static let packages = root + "/.build/python-clients"

  @Test(
    .enabled(
      if: TemporaryFolder.names(in: packages)?.contains("schemathesis") == true,
      "Tools/test has not installed schemathesis"))
  func `Whatever is asked, no answer is a 5xx, and each is as described`() async throws {
    let served = try await ServedLedger(
      ["--development"],
      environment: [
        "CREDLEDGER_SERVE_LIMITS_FAILURES=0", "CREDLEDGER_SERVE_LIMITS_CONNECTOR_CALLS=0",
        "CREDLEDGER_SERVE_LIMITS_ORGANISATION_CALLS=0",
      ])
    // It keeps examples where it is started.
    let folder = TemporaryFolder()
    let result = try runProgram(
      [
        "-C", folder.path, "python3", "-m", "schemathesis.cli", "run", Self.root + "/Schemas/openapi.yaml", "--url",
        served.origin, "--checks",
        "not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance",
        "--max-examples", "25", "--seed",
        "7", "--phases", "examples,coverage,fuzzing", "-H", served.basic, "--no-color",
      ], of: "/usr/bin/env",
      environment: ["PYTHONPATH=\(Self.packages)"])
    #expect(result.status == 0, "\(result.output.suffix(6_000))\(result.error.suffix(2_000))")
    #expect(try served.ask("GET", "/readyz").status == 200)
    #expect(!served.log.contains(" error "))
  }
}
