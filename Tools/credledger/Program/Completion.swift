import ArgumentParser
import CredentialLedger

struct Completion: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Print the completion script for a shell.",
    discussion: """
      Completes subcommands, options, event types, files, and what the ledger has that CREDLEDGER_DIR names: accounts, \
      connectors, groups, resource servers, proposals, and the newest 1000 grants, phones, webhooks and tokens. Each is \
      completed by its number, or by kind and number where both are needed, as in grant:11; neither a telephone number nor \
      a token's text is shown. zsh reads ~/.zfunc only if .zshrc has fpath+=(~/.zfunc) before compinit.

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

  /// The objects that a list of the program has, such as connectors, by their numbers.
  ///
  /// - Parameter field: which field of the list has the object; nil for the one that goes by the kind.
  static func objects(_ kind: String, _ field: String? = nil) -> CompletionKind {
    objects(listedBy: "\(kind) list --limit 1000", field ?? kind)
  }

  /// The accounts that may be named as the operator who makes a change.
  static var operators: CompletionKind { objects(listedBy: "operator list", "account") }

  /// Changes that wait for a second operator, or for the first one to make them.
  static var proposals: CompletionKind { objects(listedBy: "proposal list", "proposal") }

  /// Tokens, by their handles.
  static var tokens: CompletionKind {
    objects(madeBy: "token.issued", "refresh_token.issued", "refresh_token.rotated")
  }

  // No command has a colon in it: zsh would take what follows for the next argument of an option.

  private static func objects(listedBy list: String, _ field: String) -> CompletionKind {
    .shellCommand("credledger \(list) --field \(field) 2>/dev/null | grep -o '[0-9][0-9]*'")
  }

  /// The newest objects of a kind that has no list of all, by their numbers: each is the position of the event that made
  /// it. Nothing else of the events is asked for, such as a telephone number.
  ///
  /// - Parameter types: of the events that make one.
  static func objects(madeBy types: String...) -> CompletionKind {
    .shellCommand("credledger audit \(options(types)) --limit 1000 --field position 2>/dev/null")
  }

  /// The newest objects of some kinds, by kind and number, such as `grant:11`.
  ///
  /// - Parameter types: of the events that make one.
  static func subjects(madeBy types: String...) -> CompletionKind {
    // zsh shows what follows a colon as a description, unless there is a backslash before it. The numbers are those
    // characters.
    .shellCommand(
      "credledger audit \(options(types)) --limit 1000 --field object.id 2>/dev/null | awk '{ if (ENVIRON[\"SAP_SHELL\"] == \"zsh\") sub(sprintf(\"%c\", 58), sprintf(\"%c%c\", 92, 58)); print }'"
    )
  }

  private static func options(_ types: [String]) -> String { types.map { "--type \($0)" }.joined(separator: " ") }
}
