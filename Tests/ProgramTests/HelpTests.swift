import ArgumentParser
import LedgerTestSupport
import Testing

@testable import credledger

/// What `--help` shows.
@Suite struct HelpTests {
  @Test("Every example is a command that the program takes") func everyExample() throws {
    let examples = Self.examples(of: CredLedger.self)
    #expect(examples.count > 100)
    for example in examples {
      #expect(throws: Never.self, "\(example)") { try CredLedger.parseAsRoot(Self.arguments(of: example)) }
    }
  }

  @Test("Options have names that people would give them") func optionsNames() throws {
    let dump = try runProgram(["--experimental-dump-help"]).output
    let names = Set(dump.matches(of: #/"name" ?: ?"([^"]+)"/#).map { String($0.output.1) })
    #expect(names.contains("no-redirect-uris") && names.count > 100)
    // Initials in a property's name come apart: no-redirect-ur-is.
    for name in names where name.count > 1 {
      let words = name.split(separator: "-")
      #expect(words.allSatisfy { $0.count > 1 } && !name.contains("ur-i"), "\(name)")
    }
  }

  @Test("What is indented is not wrapped") func indentedWrapped() throws {
    let help = try runProgram(["--help"], environment: ["COLUMNS=80"]).output
    let section = try #require(help.split(separator: "EXIT STATUS\n").last?.split(separator: "\n\n").first)
    for line in section.split(separator: "\n") { #expect(line.hasPrefix("  ") && line.count < 80, "\(line)") }
    #expect(section.contains("\n  3  "))
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
