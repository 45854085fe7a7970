import ArgumentParser
import CredentialLedger
import Glibc
import LedgerServer
import Logging

struct Serve: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Serve the ledger over HTTP.",
    discussion: """
      Programs get, renew and check access tokens by the Kaizala Connector API or by OAuth. The server keeps the \
      ledger open for writing. Settings come from the options, then from variables (CREDLEDGER_SERVE_LISTEN and so on, \
      as the settings are named in Schemas/files/config.schema.json), then from the file that --config names.

      On the first interrupt the server takes no more connections, finishes the requests it accepted, and closes the \
      ledger. A second interrupt ends it at once. The log goes to standard error.

      EXAMPLES
        credledger serve --ledger ./ledger
        credledger serve --ledger ./ledger --listen 127.0.0.1:8080 --listen '[::1]:8080' --public-url https://tokens.example.org
        credledger serve --ledger ./ledger --development
        credledger serve --ledger ./ledger --config ./server.json
      """)

  @OptionGroup var ledger: LedgerOptions
  @Option(help: ArgumentHelp("Where to listen, such as 127.0.0.1:8080; may be repeated.", valueName: "host:port"))
  var listen: [String] = []
  @Option(
    help: ArgumentHelp("Where clients reach the server: https://HOST. By default where it listens.", valueName: "url"))
  var publicURL: String?
  @Flag(help: "For trials, on the loopback only: anybody may sign in as anyone, and PINs are shown here.")
  var development = false
  @Option(help: ArgumentHelp("A file with settings, in JSON.", valueName: "file"), completion: .file())
  var config: String?
  @Option(
    help: ArgumentHelp("A PEM file with the certificate and its chain; turns TLS on.", valueName: "file"),
    completion: .file())
  var tlsCertificate: String?
  @Option(help: ArgumentHelp("A PEM file with the key of the certificate.", valueName: "file"), completion: .file())
  var tlsKey: String?
  @Option(
    help: ArgumentHelp("The format of the log: text or json.", valueName: "form"), completion: .list(["text", "json"]))
  var logFormat: String?
  @Option(help: ArgumentHelp("The lowest level that is logged, such as info.", valueName: "level"))
  var logLevel: String?

  func run() async throws {
    var flags: [String: [String]] = [:]
    if development { flags["development"] = ["true"] }
    if !listen.isEmpty { flags["listen"] = listen }
    for (name, value) in [
      ("public-url", publicURL), ("log.format", logFormat), ("log.level", logLevel),
      ("tls.certificate", tlsCertificate), ("tls.key", tlsKey),
    ] {
      if let value { flags[name] = [value] }
    }
    let file = try config.map { try Self.content(of: $0) }
    let settings: ServerSettings
    do throws(SettingsError) {
      settings = try ServerSettings.read(flags: flags, environment: Self.variables, file: file)
    } catch {
      throw ValidationError(error.description)
    }
    let output = LogOutput(settings)
    let logger = Logger(label: "credledger") { _ in output }
    try await ledger.writing { opened in
      logger.info("starting", metadata: ["settings": .string(settings.description)])
      for caution in settings.cautions { logger.warning("\(caution)") }
      let server = try LedgerServer(opened, settings, logger, commands: DoorCommands(opened)) { origin in
        Self.tell("listening on \(origin)")
      } show: { line in
        Self.tell(line)
      }
      Interruption.first { Task { await server.stop() } }
      do { try await server.run() } catch {
        throw CannotRead(reason: "the server cannot listen: \(error)")
      }
      logger.info("stopped")
    }
  }

  /// Shows a line at once.
  private static func tell(_ line: String) {
    print(line)
    try? Output.flush()
  }

  /// The process's variables.
  private static var variables: [String: String] {
    var variables: [String: String] = [:]
    var next = unsafe environ
    while let entry = unsafe next.pointee {
      let text = unsafe String(cString: entry)
      if let sign = text.firstIndex(of: "=") {
        variables[String(text[..<sign])] = String(text[text.index(after: sign)...])
      }
      unsafe next += 1
    }
    return variables
  }

  private static func content(of path: String) throws -> [UInt8] {
    let content: [UInt8]?
    do throws(LedgerError) { content = try DurableFile.read(path, limit: 1 << 20) } catch {
      throw CannotRead(reason: error.reason)
    }
    guard let content else { throw CannotRead(reason: "there is no file \(path)") }
    return content
  }
}
