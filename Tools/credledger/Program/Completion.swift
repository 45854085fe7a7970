import ArgumentParser
import CredentialLedger

struct Completion: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Print the completion script for a shell.",
    discussion: """
      Completes subcommands, options, event types, files, and what the ledger has that CREDLEDGER_DIR names: accounts, \
      connectors, groups, resource servers, proposals, and the newest 1000 grants, phones, webhooks and tokens. Each is \
      completed by its number, so neither a telephone number nor a token's text is shown. Where a kind must be given as \
      well, as in grant:11, nothing is completed. zsh reads ~/.zfunc only if .zshrc has fpath+=(~/.zfunc) before compinit.

      EXAMPLES
        mkdir -p ~/.local/share/bash-completion/completions ~/.zfunc ~/.config/fish/completions
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
  static func objects(_ kind: String) -> CompletionKind { objects(listedBy: "\(kind) list --limit 1000") }

  /// The accounts that may be named as the operator who makes a change.
  static var operators: CompletionKind { objects(listedBy: "operator list") }

  /// Changes that wait for a second operator, or for the first one to make them.
  static var proposals: CompletionKind { objects(listedBy: "proposal list") }

  /// Tokens, by their handles.
  static var tokens: CompletionKind {
    objects(madeBy: "token.issued", "refresh_token.issued", "refresh_token.rotated")
  }

  private static func objects(listedBy list: String) -> CompletionKind {
    .shellCommand(
      "credledger \(list) --format ndjson 2>/dev/null | grep -o '^{\"[A-Za-z]*\":\"[a-z-]*:[0-9]*' | cut -d: -f3")
  }

  /// The newest objects of a kind that has no list of all, by their numbers: each is the position of the event that made
  /// it. Nothing else of the events is asked for, such as a telephone number.
  ///
  /// - Parameter types: of the events that make one.
  static func objects(madeBy types: String...) -> CompletionKind {
    let options = types.map { "--type \($0)" }.joined(separator: " ")
    return .shellCommand(
      "credledger audit \(options) --fields position --limit 1000 --format ndjson 2>/dev/null | grep -o '^{\"position\":[0-9]*' | cut -d: -f2"
    )
  }
}
