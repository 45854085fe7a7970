import ArgumentParser

/// The subcommand that somebody may have meant who mistyped one.
enum Suggestion {
  /// The nearest name, as it is called, such as `credledger audit`; nil where the subcommands are there, or none is near.
  static func nearest(to arguments: [String]) -> String? {
    var command: any ParsableCommand.Type = CredLedger.self
    var path = "credledger"
    for argument in arguments {
      let subcommands = command.configuration.subcommands
      guard !subcommands.isEmpty, !argument.hasPrefix("-") else { return nil }
      if let next = subcommands.first(where: { name(of: $0) == argument }) {
        command = next
        path += " \(argument)"
        continue
      }
      let near = subcommands.map(name).map { (name: $0, distance: distance(argument, $0)) }
        .filter { $0.distance <= 2 && $0.distance < $0.name.count }.min { $0.distance < $1.distance }
      return near.map { "\(path) \($0.name)" }
    }
    return nil
  }

  /// What to say where options were given before the subcommand, which none takes; nil where none was.
  static func order(of arguments: [String]) -> String? {
    guard let first = arguments.first, first.hasPrefix("-") else { return nil }
    let names = Set(CredLedger.configuration.subcommands.map(name))
    guard let subcommand = arguments.first(where: { names.contains($0) }) else { return nil }
    return "Give options after the subcommand: credledger \(subcommand) \(first) ..."
  }

  /// As the parser names a subcommand: by its configuration, or by its type with hyphens between the words.
  private static func name(of command: any ParsableCommand.Type) -> String {
    if let name = command.configuration.commandName { return name }
    var name = ""
    for character in String(describing: command) {
      if character.isUppercase, !name.isEmpty { name += "-" }
      name += character.lowercased()
    }
    return name
  }

  /// How many characters to add, drop, replace or swap with their neighbour, to get from one text to the other.
  private static func distance(_ one: String, _ other: String) -> Int {
    let (one, other) = (Array(one.prefix(64)), Array(other))
    var rows = [Array(0...other.count)]
    for (line, character) in one.enumerated() {
      var row = [line + 1]
      for (column, wanted) in other.enumerated() {
        var least = min(row[column], rows[line][column + 1]) + 1
        least = min(least, rows[line][column] + (character == wanted ? 0 : 1))
        if line > 0, column > 0, character == other[column - 1], one[line - 1] == wanted {
          least = min(least, rows[line - 1][column - 1] + 1)
        }
        row.append(least)
      }
      rows.append(row)
    }
    return rows[one.count][other.count]
  }
}

/// Tells which program this is.
struct Version: ParsableCommand {
  static let configuration = CommandConfiguration(abstract: "Print the version of the program, as --version does.")

  /// No version was released yet.
  static let text = "credledger, unreleased"

  func run() { print(Self.text) }
}
