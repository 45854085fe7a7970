import ArgumentParser
import CredentialLedger
import LedgerOperations

struct Prove: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Prove that an event is in the ledger, or that the ledger was only appended to.",
    discussion: """
      The proofs are those of RFC 6962, in the tree that a signed checkpoint speaks of.

      EXAMPLES
        credledger prove inclusion 13 --ledger /var/lib/credledger
        credledger prove consistency 100 2500 --format json
      """, subcommands: [Inclusion.self, Consistency.self])
}

extension Prove {
  struct Inclusion: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Prove that an event is in the ledger.",
      discussion: """
        `credledger bundle` puts the same for many events into one file, and `credledger verify-bundle` checks it.

        EXAMPLES
          credledger prove inclusion 13
          credledger prove inclusion 13 --latest --format json
        """)

    @Argument(help: "The event's position.")
    var position: Position
    @OptionGroup var signing: SigningOptions
    @OptionGroup var ledger: LedgerOptions
    @OptionGroup var output: FormatOptions

    func run() async throws {
      try await signing.sign(in: ledger)
      let position = position
      let proof = try await ledger.reading { opened in
        _ = try requireCheckpoint(of: opened)
        return try await opened.integrity.proveInclusion(of: position)
      }
      let (inclusion, leaf) = (proof.inclusion, proof.leafHash)
      let head = try Checkpoint(noteText: SignedNote(decoding: Array(proof.checkpoint.utf8)).text)
      var members: [(String, JSON)] = [
        ("position", .number(position.rawValue)), ("treeSize", .number(inclusion.treeSize)),
        ("root", .string(Base64.encode(head.root.bytes))), ("leafHash", .string(Base64.encode(leaf.bytes))),
        ("hashes", .hashes(inclusion.hashes)), ("checkpoint", .string(proof.checkpoint)),
      ]
      if let record = proof.record { members.append(("record", .string(Base64.encode(record)))) }
      if let place = proof.archivedIn { members.append(("archived", .object(JSON.members(of: place)))) }
      if let text = output.format.text(.object(members)) { return print(text) }
      print("position   \(position)")
      print("leaf hash  \(leaf)")
      if let place = proof.archivedIn { print("record     archived in segment \(place.segment)") }
      for hash in inclusion.hashes { print("  \(hash)") }
      print("root       \(head.root)")
      print("tree size  \(inclusion.treeSize)\n")
      print(proof.checkpoint, terminator: "")
    }
  }

  struct Consistency: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Prove that the ledger was only appended to between two sizes.",
      discussion: """
        Compare the roots with those of the checkpoints that you have; the later one comes with its checkpoint where it \
        was signed.

        EXAMPLES
          credledger prove consistency 100
          credledger prove consistency 100 2500 --format json
        """)

    @Argument(help: "How many events there were.")
    var old: UInt64
    @Argument(help: "How many there were later; without it as many as the newest checkpoint covers.")
    var new: UInt64?
    @OptionGroup var signing: SigningOptions
    @OptionGroup var ledger: LedgerOptions
    @OptionGroup var output: FormatOptions

    func run() async throws {
      if new == nil { try await signing.sign(in: ledger) }
      let (old, new) = (old, new)
      let found = try await ledger.reading { try await Self.prove(old, new, in: $0) }
      let (proof, checkpoint) = (found.proof, found.checkpoint)
      var members: [(String, JSON)] = [
        ("oldSize", .number(proof.oldSize)), ("newSize", .number(proof.newSize)),
        ("oldRoot", .string(Base64.encode(found.oldRoot.bytes))),
        ("newRoot", .string(Base64.encode(found.newRoot.bytes))), ("hashes", .hashes(proof.hashes)),
      ]
      if let checkpoint { members.append(("checkpoint", .string(checkpoint))) }
      if let text = output.format.text(.object(members)) { return print(text) }
      print("old size  \(proof.oldSize)")
      print("old root  \(found.oldRoot)")
      for hash in proof.hashes { print("  \(hash)") }
      print("new root  \(found.newRoot)")
      print("new size  \(proof.newSize)")
      if let checkpoint { print("\n\(checkpoint)", terminator: "") }
    }

    private struct Found: Sendable {
      let proof: ConsistencyProof
      let oldRoot: Digest
      let newRoot: Digest
      /// The checkpoint over the later size, if one was signed.
      let checkpoint: String?
    }

    private static func prove(_ old: UInt64, _ new: UInt64?, in opened: Ledger) async throws -> Found {
      let checkpoint =
        if let new { try opened.checkpoint(atOrBelow: Position(new)) } else { try requireCheckpoint(of: opened) }
      let size = try checkpoint.map { try Checkpoint(noteText: SignedNote(decoding: Array($0.utf8)).text).size }
      let later = new ?? size ?? 0
      guard let proof = try await opened.integrity.proveConsistency(from: Position(old), to: Position(later)),
        let oldRoot = try await opened.root(at: Position(old)), let newRoot = try await opened.root(at: Position(later))
      else {
        let head = try opened.head()
        throw CheckFailed(
          reason:
            "there is no proof from \(old) to \(later) events: expected sizes that rise, up to the \(head) there are")
      }
      return Found(proof: proof, oldRoot: oldRoot, newRoot: newRoot, checkpoint: size == later ? checkpoint : nil)
    }
  }
}
