import CredentialLedger
import Glibc

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
  static func post(_ body: [UInt8], to url: String) throws(Failure) -> Ledger.WitnessResponse {
    let arguments = [
      // Nothing from the user's own configuration.
      "curl", "--disable",
      "--silent", "--show-error", "--globoff", "--proto", "=http,https", "--max-time", "30",
      "--header", "Content-Type: text/plain; charset=utf-8", "--header", "Expect:", "--data-binary", "@-",
      "--write-out", "\\n%{http_code}", "--url", url,
    ]
    let (status, output, error) = try run(arguments, input: body)
    guard status == 0 else {
      let reason = error.split(separator: 0x0A).last.map { String(decoding: $0, as: UTF8.self) }
      throw Failure(description: reason ?? "curl ended with status \(status)")
    }
    guard let line = output.lastIndex(of: 0x0A), let code = Int(String(decoding: output[(line + 1)...], as: UTF8.self))
    else { throw Failure(description: "curl told no HTTP status") }
    return (code, Array(output[..<line]))
  }

  private static func run(
    _ arguments: [String], input: [UInt8]
  ) throws(Failure) -> (status: Int32, output: [UInt8], error: [UInt8]) {
    // Files for what goes in and for messages, so that nobody waits for the other; a pipe for the response, so that one
    // without end fills no disk.
    guard let given = unsafe tmpfile(), let told = unsafe tmpfile() else {
      throw Failure(description: "no temporary file could be made")
    }
    defer {
      unsafe fclose(given)
      unsafe fclose(told)
    }
    let (inputFile, errorFile) = unsafe (fileno(given), fileno(told))
    write(String(decoding: input, as: UTF8.self), to: inputFile)
    lseek(inputFile, 0, SEEK_SET)
    var pipe: [Int32] = [0, 0]
    guard unsafe Glibc.pipe(&pipe) == 0 else { throw Failure(description: "no pipe could be made") }
    defer { close(pipe[0]) }
    _ = fcntl(pipe[0], F_SETFD, FD_CLOEXEC)
    var actions = unsafe posix_spawn_file_actions_t()
    unsafe posix_spawn_file_actions_init(&actions)
    defer { unsafe posix_spawn_file_actions_destroy(&actions) }
    for (target, source) in [inputFile, pipe[1], errorFile].enumerated() {
      unsafe posix_spawn_file_actions_adddup2(&actions, source, Int32(target))
    }
    unsafe posix_spawn_file_actions_addclose(&actions, pipe[1])
    var pointers = unsafe arguments.map { unsafe strdup($0) } + [nil]
    defer { for index in unsafe pointers.indices { unsafe free(pointers[index]) } }
    var process: pid_t = 0
    let started = unsafe posix_spawnp(&process, arguments[0], &actions, nil, &pointers, environ)
    close(pipe[1])
    guard started == 0 else {
      throw Failure(
        description: started == ENOENT ? "curl is not installed" : "curl could not be started (error \(started))")
    }
    let output = read(pipe[0])
    if output == nil { kill(process, SIGKILL) }
    var status: Int32 = 0
    while unsafe waitpid(process, &status, 0) < 0, errno == EINTR {}
    guard let output else { throw Failure(description: "the response has more than \(limit) bytes") }
    lseek(errorFile, 0, SEEK_SET)
    return (status & 0x7F == 0 ? status >> 8 & 0xFF : -1, output, read(errorFile) ?? [])
  }

  /// All that comes until the end; nil if it is beyond the limit.
  private static func read(_ descriptor: Int32) -> [UInt8]? {
    var content: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 4_096)
    while content.count <= limit {
      let count = unsafe chunk.withUnsafeMutableBytes { unsafe Glibc.read(descriptor, $0.baseAddress, $0.count) }
      if count < 0, errno == EINTR { continue }
      guard count > 0 else { return content }
      content += chunk[..<count]
    }
    return nil
  }
}
