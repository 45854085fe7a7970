import ArgumentParser
import CredentialLedger

/// Which keys of the keyring a command is about.
struct KeyKindArgument: ExpressibleByArgument {
  let kind: KeyKind

  init?(argument: String) {
    guard let kind = KeyKind(rawValue: argument) else { return nil }
    self.kind = kind
  }

  static let allValueStrings = KeyKind.allCases.map(\.rawValue)
}

extension KeyCommand {
  struct Rotate: DoorCommand {
    static let configuration = CommandConfiguration(
      abstract: "Make new keys, with an overlap for tokens and requests of the earlier ones.",
      discussion: """
        If somebody may have had the keys, rotate all of them, and the master key with rotate-master.

        KINDS
          signing      signs checkpoints; the keys before stay, to check what they signed; --all leaves out one that is
                       kept elsewhere
          person       seals the keys of persons and webhooks, and the keyring; the key before goes at once
          token-mask   hides positions in tokens; tokens of before work for --overlap, 730d unless given
          lookup       finds people; all rows are made anew under it
          pin-pepper   keys the digests of PINs; those sent and not presented yet are refused
          derivation   recognises repeated requests; those of before are recognised for --overlap, 7d unless given
          row-check    keys the checks of rows; all rows are made anew under it
          token-signing  signs access tokens of connectors with --signed-tokens, and status lists; what was signed before is
                       verified for --overlap, 7d unless given

        EXAMPLES
          credledger key rotate token-mask --overlap 30d
          credledger key rotate --all --overlap 7d --format json
        """)
    @OptionGroup var ledger: LedgerOptions
    @OptionGroup(title: "Who and why") var by: OperatorOptions
    @OptionGroup(title: "Two operators") var approval: ApprovalOptions
    @OptionGroup var output: FormatOptions
    @Argument(help: ArgumentHelp("The kind of key.", valueName: "kind")) var kind: KeyKindArgument?
    @Flag(help: "Rotate every kind.") var all = false
    @Option(help: "How long earlier tokens and repeated requests are still recognised, such as 7d or 0s.")
    var overlap: DurationArgument?

    func validate() throws {
      guard all != (kind != nil) else { throw ValidationError("Name one kind of key, or give --all.") }
    }

    func run() async throws {
      let (kind, overlap) = (kind?.kind, overlap?.duration)
      let kinds = kind.map { [$0] } ?? KeyKind.allCases
      if try await ledger.proposed(approval, by, output.format, { _ in .rotateKeys(kinds, overlap: overlap) }) {
        return
      }
      let made = try await ledger.writing(by, approval) { ledger, context in
        if let kind { return [try await ledger.keys.rotate(kind, overlap: overlap, context: context)] }
        return try await ledger.keys.rotateAll(overlap: overlap, context: context)
      }
      // Opening makes the rows anew that are under keys of before.
      let keys = try await ledger.writing { $0.keys.all }
      output.format.show(
        .object([
          ("rotated", .array(made.map { .string("\($0.kind)/\($0.number)") })), ("keys", .array(keys.map(\.json))),
        ]), made.map { "\($0.kind)/\($0.number) is in use" } + keys.compactMap(\.leaving))
    }
  }

  struct Drop: DoorCommand {
    static let configuration = CommandConfiguration(
      abstract: "Destroy earlier keys of a kind before their time.",
      discussion: """
        Tokens made under a dropped token mask become unknown. The newest key of a kind stays, and signing keys stay.

        EXAMPLES
          credledger key drop token-mask
          credledger key drop derivation --below 3 --format json
        """)
    @OptionGroup var ledger: LedgerOptions
    @OptionGroup(title: "Who and why") var by: OperatorOptions
    @OptionGroup(title: "Two operators") var approval: ApprovalOptions
    @OptionGroup var output: FormatOptions
    @Argument(help: ArgumentHelp("The kind of key.", valueName: "kind")) var kind: KeyKindArgument
    @Option(help: "Only keys with numbers below this; without it all but the newest.") var below: UInt32?

    func run() async throws {
      let (kind, below) = (kind.kind, below ?? .max)
      if try await ledger.proposed(approval, by, output.format, { _ in .dropKeys(kind, below: below) }) { return }
      let (numbers, keys) = try await ledger.writing(by, approval) { ledger, context in
        (try await ledger.keys.drop(kind, below: below, context: context), ledger.keys.all)
      }
      let names = numbers.map { "\(kind)/\($0)" }
      output.format.show(
        .object([("dropped", .array(names.map { .string($0) })), ("keys", .array(keys.map(\.json)))]),
        names.isEmpty ? ["there was none to drop"] : names.map { "\($0) is destroyed" })
    }
  }
}

extension KeyringKey {
  /// For machines.
  var json: JSON {
    .object(
      [
        ("kind", .string(kind.rawValue)), ("number", .number(UInt64(number))),
        ("createdAt", .string(Timestamp(milliseconds: createdAt).description)),
        ("until", until.map { .string(Timestamp(milliseconds: $0).description) } ?? .null),
      ] + (isElsewhere ? [("external", .bool(true))] : []))
  }

  /// Until when an earlier key is of use.
  var leaving: String? {
    until.map { "\(kind)/\(number) is read until \(Timestamp(milliseconds: $0))" }
  }
}
