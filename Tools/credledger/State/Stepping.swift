import CredentialLedger
import Glibc
import LedgerOperations

/// Reads commands, and moves a replay by them.
struct Stepping {
  let ledger: Ledger
  let steps: ReplaySteps
  let show: Revealing
  let format: OutputFormat

  private static let help = """
    forward [N]   apply the next event, or N of them (an empty line is forward)
    back [N]      take the last event back, or N of them
    next SUBJECT  go on to the next event of a subject, such as connector:9
    go POSITION   go to right after an event; 0 is before the first
    show ID       show an object as it is at this point
    quit
    """

  func run() async throws {
    let isTerminal = isatty(STDIN_FILENO) == 1
    while true {
      if isTerminal { write("\(await steps.position)> ", to: STDERR_FILENO) }
      guard let line = readLine() else { return }
      let words = line.split(separator: " ").map(String.init)
      if ["quit", "q"].contains(words.first) { return }
      do {
        try await perform(words)
      } catch let failure as Misunderstood {
        // At a terminal a typing error is no end.
        guard isTerminal else { throw CheckFailed(reason: failure.reason) }
        write("\(failure.reason.printable)\n", to: STDERR_FILENO)
      }
    }
  }

  private struct Misunderstood: Error {
    let reason: String
  }

  private func perform(_ words: [String]) async throws {
    switch (words.first ?? "forward", words.dropFirst().first) {
    case ("forward", let count), ("f", let count):
      for _ in 0..<(try number(count)) {
        guard let step = try await steps.forward() else { return note("that was the last event") }
        try await tell(step, "forward")
      }
    case ("back", let count), ("b", let count):
      for _ in 0..<(try number(count)) {
        guard let step = try await steps.back() else { return note("this is before the first event") }
        try await tell(step, "back")
      }
    case ("next", let text?), ("n", let text?):
      guard let subject = Subject(text) else { throw Misunderstood(reason: "expected a subject, such as connector:9") }
      guard let step = try await steps.forward(to: subject) else { return note("no later event concerns \(subject)") }
      try await tell(step, "forward")
    case ("go", let text?), ("g", let text?):
      guard let position = Position(text) else { throw Misunderstood(reason: "expected a position") }
      do throws(LedgerError) { try await steps.go(to: position) } catch {
        throw error.code == .invalidValue ? Misunderstood(reason: error.reason) : error
      }
      note("at position \(position)")
    case ("show", let text?), ("s", let text?):
      guard let subject = Subject(text) else { throw Misunderstood(reason: "expected an object, such as grant:17") }
      guard let object = try await steps.object(subject) else { return note("there is no \(subject) here") }
      if let text = format.text(try await show.json(object)) { return print(text) }
      for line in try await show.lines(object) { print(line) }
    case ("help", _), ("h", _), ("?", _): write(Self.help + "\n", to: STDERR_FILENO)
    case (let word, _): throw Misunderstood(reason: "\(word) is no command, or lacks what it is about; help lists them")
    }
  }

  private func number(_ text: String?) throws -> Int {
    guard let text else { return 1 }
    guard let number = Int(text), number > 0 else { throw Misunderstood(reason: "expected a number above 0") }
    return number
  }

  private func note(_ text: String) {
    if format == .table { print(text) } else { write("\(text)\n", to: STDERR_FILENO) }
  }

  private func tell(_ step: ReplaySteps.Step, _ direction: String) async throws {
    let event = step.event
    let subjects = event.subjects.map(\.description)
    guard format == .table else {
      var changes: [JSON] = []
      for change in step.changes { changes.append(try await show.json(change)) }
      let value = JSON.object([
        ("direction", .string(direction)), ("position", .number(await steps.position.rawValue)),
        (
          "event",
          .object([
            ("position", .number(event.position.rawValue)), ("time", .string(event.time.description)),
            ("type", .string(event.type.description)), ("actor", .string(event.actor.description)),
            ("subjects", .array(subjects.map { .string($0) })),
          ])
        ),
        ("changes", .array(changes)),
      ])
      return print(format.text(value) ?? "")
    }
    let mark = direction == "back" ? "taken back: " : ""
    print(
      "\(mark)\(event.position)  \(event.time)  \(event.type)  by \(event.actor)"
        + (subjects.isEmpty ? "" : "  \(subjects.joined(separator: " "))"))
    for change in step.changes {
      for line in try await show.lines(change) { print("  \(line)") }
    }
  }
}
