import ArgumentParser
import CredentialLedger
import LedgerServer

extension OperatorCommand {
  struct Token: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Draw a token by which an operator's commands are taken over the network.",
      discussion: """
        Prints the token once, and the line for the file that operator.tokens of the server names. The file has digests only; \
        without its line a token opens nothing. The operator gives the token in CREDLEDGER_OPERATOR_TOKEN, and the server's \
        address in CREDLEDGER_SERVER.

        EXAMPLES
          credledger operator token Ada
          credledger operator token Ada --format json
        """)
    @OptionGroup var output: FormatOptions
    @Argument(help: "The operator's name, as --as takes it.") var name: String

    func run() throws {
      guard let token = OperatorToken(for: name) else {
        throw ValidationError("NAME: expected 1 to 400 bytes on one line, without tabs.")
      }
      try output.showOnce(
        .object([("operator", .string(name)), ("token", .string(token.text)), ("line", .string(token.line))]),
        [
          "The token follows, this once. To the server its holder is \(name).", token.text,
          "Add this line to the file that operator.tokens names:", token.line.replacing("\t", with: "  "),
          "Between the name and the digest is a tab; --format json prints the line as it is.",
        ])
    }
  }
}
