import ArgumentParser
import CredentialLedger

struct FindCommand: DoorCommand {
  static let configuration = CommandConfiguration(
    commandName: "find", abstract: "Find people and things by name, subject, e-mail address or telephone number.",
    discussion: """
      Finds accounts by words of the name, by the e-mail address, by the subject, or by issuer and subject; connectors, groups and \
      resource servers by words of their names; and whatever has to do with a whole telephone number. The beginning of a word is \
      enough, in any case and without diacritics. Takes the key, since the index holds keyed hashes alone. Exits with status 1 if \
      nothing is found.

      Names of people are shown only with --reveal, which is recorded first. With - as the text it is read from standard input, so \
      that neither other programs nor the shell's history see it.

      EXAMPLES
        credledger find "ada love" --ledger /var/lib/credledger
        credledger find ada --reveal --as Bo --reason "asked for her own data" --ticket HR-77
        credledger find roster --format json | jq -r '.objects[].object'
        printf '+911199999999' | credledger find -
      """)

  @OptionGroup var ledger: LedgerOptions
  @Argument(help: "What to look for; - reads it from standard input.") var text: String
  @Option(parsing: .unconditional, help: "Only objects with a greater number, to get those that follow a page.")
  var after: UInt64 = 0
  @Option(parsing: .unconditional, help: "How many, 1 to 1000.") var limit = 100
  @OptionGroup var revealing: RevealOptions
  @OptionGroup var output: FormatOptions

  var changesLedger: Bool { revealing.reveal }
  var inputs: [CommandInput] { text == "-" ? [CommandInput(name: "-", prompt: "text")] : [] }

  func validate() throws { try requireLimit(limit, 1...1_000) }

  func run() async throws {
    let texts = try values(of: text, "text")
    guard let text = texts.first, texts.count == 1 else { throw ValidationError("Give one text to look for.") }
    let (after, limit) = (after, limit)
    let (found, names) = try await ledger.reading(revealing) { opened -> (FoundObjects, [Subject: Audit.Label]) in
      let found = try await opened.find(text, after: after, limit: limit)
      let people = found.objects.map(\.subject).filter { $0.kind == .account }
      guard !people.isEmpty,
        let disclosure = try await revealing.disclosure(of: .subjects(people), for: "find", in: opened)
      else { return (found, [:]) }
      return (found, try await opened.audit.labels(of: people, under: disclosure))
    }
    let objects = found.objects.map { object in
      FoundObject(object, name: object.name ?? names[object.subject]?.name)
    }
    if output.format == .json {
      print(
        JSON.object([
          ("objects", .array(objects.map(\.json))), ("next", found.next.map { .number($0) } ?? .null),
        ]).text(indented: true))
    } else {
      output.format.show(
        objects.map(\.json), ["OBJECT", "STATE", "NAME"], objects.map(\.row), columns: ["object", "state", "name"])
      if let next = found.next { Presentation.note("there may be more; go on with --after \(next)") }
    }
    guard objects.isEmpty, found.next == nil else { return }
    throw CheckFailed(reason: "nothing goes by that [not_found]", code: .notFound, isTold: output.format == .json)
  }
}

/// Something that was found, as it is printed.
private struct FoundObject {
  let subject: Subject
  let state: String
  let name: String?

  init(_ object: FoundObjects.Object, name: String?) {
    (subject, self.name) = (object.subject, name)
    state =
      switch object.standing {
      case .present: "present"
      case .ended: "ended"
      case .erased: "erased"
      }
  }

  var row: [String] { ["\(subject)", state, name ?? ""] }

  var json: JSON {
    .object(
      [("object", .string("\(subject)")), ("state", .string(state))] + (name.map { [("name", .string($0))] } ?? []))
  }
}
