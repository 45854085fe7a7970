import ArgumentParser
import CredentialLedger

struct Completion: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Print the completion script for a shell.",
    discussion: """
      Completes subcommands, options, event types, files, and the connectors, groups and accounts of the ledger that \
      CREDLEDGER_DIR names.

      EXAMPLES
        credledger completion bash > ~/.local/share/bash-completion/completions/credledger
        credledger completion zsh > ~/.zfunc/_credledger
        credledger completion fish > ~/.config/fish/completions/credledger.fish
      """)

  enum Shell: String, ExpressibleByArgument, CaseIterable {
    case bash, zsh, fish

    var parsed: CompletionShell {
      switch self {
      case .bash: .bash
      case .zsh: .zsh
      case .fish: .fish
      }
    }
  }

  @Argument(help: "bash, zsh or fish.") var shell: Shell

  func run() throws { print(CredLedger.completionScript(for: shell.parsed)) }
}

extension CompletionKind {
  /// The names of event types, and of their families.
  static var eventTypes: CompletionKind {
    let names = EventType.allCases.compactMap(\.name)
    let families = Set(names.compactMap { $0.split(separator: ".").first.map { "\($0).*" } })
    return .list(names + families.sorted())
  }

  /// The objects that a list of the program has, such as connectors, by their numbers: a colon has a meaning of its own in
  /// what zsh and bash complete.
  static func objects(_ kind: String) -> CompletionKind {
    .shellCommand(
      "credledger \(kind) list --format ndjson --limit 1000 2>/dev/null | grep -o '^{\"\(kind)\":\"[a-z]*:[0-9]*' | cut -d: -f3"
    )
  }
}
