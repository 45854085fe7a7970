import ArgumentParser
import CredentialLedger

struct ScanCommand: DoorCommand {
  static let configuration = CommandConfiguration(
    commandName: "scan", abstract: "Find tokens of this ledger in files.",
    discussion: """
      Reads files of any kind and size, or standard input for -, and names each access or refresh token of this ledger in \
      them: where it is, its handle, and whether it is still good. The token itself is not shown. With --revoke, what is \
      found is stopped, a refresh token with its family, and where it was found is recorded.

      Tokens match \(TokenPattern.tokens), signed ones \(TokenPattern.signedTokens), and Secrets \(TokenPattern.secrets). A checksum inside tells a token from other \
      text, and the ledger's key one of its own from others. Secrets cannot be told apart in that way, and are not looked for.

      EXIT STATUS
        0  no token of this ledger is in the files
        1  there is at least one, stopped or not
        2  wrong usage
        3  the ledger or a file could not be read; what was found before that is shown

      EXAMPLES
        credledger scan notes.txt settings.ini
        git log -p | credledger scan - --format ndjson
        credledger scan --revoke leaked.txt
      """)

  @Argument(help: "The files; - for standard input.", completion: .file()) var files: [String]
  @Flag(help: "Stop what is found, and record where.") var revoke = false
  @OptionGroup var ledger: LedgerOptions
  @OptionGroup(title: "Who and why") var by: OperatorOptions
  @OptionGroup var output: FormatOptions

  var changesLedger: Bool { revoke }
  var inputs: [CommandInput] { files.map { CommandInput(name: $0) } }

  func run() async throws {
    let (files, revoke) = (files, revoke)
    let (found, failure) =
      revoke
      ? try await ledger.writing(by) { try await Self.scan(files, $0, revokingAs: $1) }
      : try await ledger.reading { try await Self.scan(files, $0, revokingAs: nil) }
    output.format.show(
      found.map(\.json), ["FILE", "LINE", "COLUMN", "TOKEN", "KIND", "STATE"], found.map(\.row))
    if let failure { throw failure }
    guard found.isEmpty else {
      throw CheckFailed(
        reason: "\(found.count) \(found.count == 1 ? "token is" : "tokens are") in the files", isTold: true)
    }
  }

  private static func scan(
    _ files: [String], _ ledger: Ledger, revokingAs context: RequestContext?
  ) async throws -> (found: [FoundToken], failure: CannotRead?) {
    var found: [FoundToken] = []
    for file in files {
      do {
        for (token, line, column) in try tokens(in: file, ledger) {
          // Text under the ledger's mask that nobody issued.
          guard let handle = try ledger.tokens.handle(of: token.token) else { continue }
          let isGood = try ledger.tokens.introspect(token.token).active
          var state = isGood ? "active" : "stopped"
          if let context {
            let outcome = try await ledger.tokens.reportLeak(
              token.token, reporter: ReportLeak.ownReporter, source: "file", location: "\(file):\(line)",
              context: context)
            if outcome == .recorded(stopped: true) { state = "revoked" }
          }
          found.append(
            FoundToken(file: file, line: line, column: column, handle: handle, kind: token.kind, state: state))
        }
      } catch let error as CannotRead { return (found, error) }
    }
    return (found, nil)
  }

  /// The tokens in a file, with the line and the column of each, from 1.
  private static func tokens(
    in file: String, _ ledger: Ledger
  ) throws -> [(token: Tokens.Found, line: Int, column: Int)] {
    let source = try ByteSource(file)
    var found: [(token: Tokens.Found, line: Int, column: Int)] = []
    var window: [UInt8] = []
    var (line, column) = (1, 1)
    while true {
      let piece = try source.next()
      window += piece
      // What may be the beginning of a token is looked at again with what follows.
      let isLast = piece.isEmpty
      let done = isLast ? window.count : max(0, window.count - Tokens.overlap)
      var place = 0
      for token in try ledger.tokens.find(in: window) where token.offset < done {
        advance(&line, &column, over: window[place..<token.offset])
        place = token.offset
        found.append((token, line, column))
      }
      advance(&line, &column, over: window[place..<done])
      window.removeFirst(done)
      if isLast { return found }
    }
  }

  private static func advance(_ line: inout Int, _ column: inout Int, over bytes: ArraySlice<UInt8>) {
    for byte in bytes {
      column += 1
      if byte == UInt8(ascii: "\n") {
        line += 1
        column = 1
      }
    }
  }
}

/// A token that is where it does not belong.
private struct FoundToken: Sendable {
  let file: String
  let line: Int
  let column: Int
  let handle: TokenID
  let kind: TokenKind
  let state: String

  private var kindName: String { kind == .access ? "access" : "refresh" }

  var row: [String] { [file, "\(line)", "\(column)", "\(handle)", kindName, state] }

  var json: JSON {
    .object([
      ("file", .string(file)), ("line", .number(UInt64(line))), ("column", .number(UInt64(column))),
      ("token", JSON(handle)), ("kind", .string(kindName)), ("state", .string(state)),
    ])
  }
}
