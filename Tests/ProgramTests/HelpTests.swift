import ArgumentParser
import Testing

@testable import credledger

/// What `--help` shows.
@Suite struct HelpTests {
  @Test func everyExampleIsACommandThatTheProgramTakes() throws {
    let examples = Self.examples(of: CredLedger.self)
    #expect(examples.count > 100)
    for example in examples {
      #expect(throws: Never.self, "\(example)") { try CredLedger.parseAsRoot(Self.arguments(of: example)) }
    }
  }

  /// The lines of the program in the examples of a command and of those below it; not those that leave something out.
  private static func examples(of command: any ParsableCommand.Type) -> [String] {
    let text = command.configuration.discussion.replacing("\\\n", with: "")
    let lines = text.split(separator: "EXAMPLES").dropFirst().last?.split(separator: "\n") ?? []
    let examples = lines.compactMap { line in line.firstRange(of: "credledger ").map { String(line[$0.upperBound...]) }
    }
    return examples.filter { !$0.contains("...") } + command.configuration.subcommands.flatMap { Self.examples(of: $0) }
  }

  /// The arguments as a shell would hand them over, up to a pipe or a redirection.
  private static func arguments(of line: String) -> [String] {
    var arguments: [String] = []
    var word = ""
    var (quote, isWord): (Character?, Bool) = (nil, false)
    for character in line {
      if let open = quote {
        if character == open { quote = nil } else { word.append(character) }
      } else if character == "'" || character == "\"" {
        (quote, isWord) = (character, true)
      } else if character == " " {
        if isWord { arguments.append(word) }
        (word, isWord) = ("", false)
      } else if "|<>".contains(character) {
        return arguments
      } else {
        word.append(character)
        isWord = true
      }
    }
    return isWord ? arguments + [word] : arguments
  }
}
