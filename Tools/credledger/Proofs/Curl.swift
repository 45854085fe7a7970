import KeyStore
import LedgerOperations

/// Sends a request over HTTP by the program `curl`: a witness is asked now and then, which is not worth an HTTP and TLS
/// library in every build, and the system's program has the system's certificates and proxies.
enum Curl {
  /// Why there is no response.
  struct Failure: Error, CustomStringConvertible {
    let description: String
  }

  /// The most bytes of a response that are read: as many as a note has.
  private static let limit = SignedNote.maximumByteCount

  /// Posts a body, and waits for the response for half a minute at most. Follows no redirection.
  static func post(_ body: [UInt8], to url: String) throws(Failure) -> Evidence.WitnessResponse {
    let arguments = [
      // Nothing from the user's own configuration.
      "--disable",
      "--silent", "--show-error", "--globoff", "--proto", "=http,https", "--max-time", "30",
      "--header", "Content-Type: text/plain; charset=utf-8", "--header", "Expect:", "--data-binary", "@-",
      "--write-out", "\\n%{http_code}", "--url", url,
    ]
    guard let path = ChildProgram.find("curl", in: folders) else {
      throw Failure(description: "curl is not installed in \(folders.joined(separator: ", "))")
    }
    let result: ChildProgram.Result
    do throws(ChildProgram.Failure) {
      let program = ChildProgram(path, arguments, inheriting: passes)
      result = try program.run(input: body, outputLimit: limit, seconds: 40)
    } catch { throw Failure(description: error.reason) }
    guard result.status == 0 else {
      let reason = result.error.split(separator: "\n").last.map { String($0) }
      throw Failure(description: reason ?? "curl ended with status \(result.status)")
    }
    let output = result.output
    guard let line = output.lastIndex(of: 0x0A), let code = Int(String(decoding: output[(line + 1)...], as: UTF8.self))
    else { throw Failure(description: "curl told no HTTP status") }
    return (code, Array(output[..<line]))
  }

  /// Where the program may be: not where PATH says, which the user of this program sets.
  private static let folders = ["/usr/bin", "/bin", "/usr/local/bin"]

  /// What the program gets of the environment: where proxies and certificates are.
  private static func passes(_ name: Substring) -> Bool {
    [
      "http_proxy", "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY", "no_proxy", "NO_PROXY", "SSL_CERT_FILE",
      "SSL_CERT_DIR", "CURL_CA_BUNDLE", "LANG", "LC_ALL",
    ].contains(name)
  }
}
