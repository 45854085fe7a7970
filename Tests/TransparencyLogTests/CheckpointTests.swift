import LedgerCrypto
import Testing
import TransparencyLog

/// A checkpoint and a cosignature from fixed seeds, made once by an independent program. They must never change:
/// witnesses and auditors hold such notes.
enum GoldenNote {
  static let logKey = "example.com/ledger+93727de6+AQOhB7/zzhC+HXDdGOdLwJln5NYwm6UNXx3chmQSVTG4"
  static let witnessKey = "witness.example.com/w1+969980cf+BCmsuuFBvMrwsi4alNNNC8c2HlJtC/4SyJeUvJMilm3X"
  static let text = """
    example.com/ledger
    8
    XcnaeacGWamtVZy3Ad7ZoqudgjqtL0lgz+Nw7/RgQyg=

    """
  static let checkpoint = """
    \(text)
    — example.com/ledger k3J95q6YQNlT7G3X6BUsA0GMSqXigLZhUu2LaMIZflAYFKuIdyMOBntqnTph76E6vmGPzG9ZDDz4tQCcaYhYm3p+6AM=

    """
  static let cosigned =
    checkpoint
    + "— witness.example.com/w1 "
    + "lpmAzwAAAABlU/EAHb1UbEP7FTgMGOE99VpYKuEh3/ScmpLD+EY5yzAbkWUt6FBtWg6UGz2vXBXRGg1aYF2HaXz7fqBMY4m0xTFlAw==\n"

  /// The key whose seed is the 32 bytes from `first` up.
  static func key(seedFrom first: UInt8) throws -> Ed25519.SigningKey {
    try Ed25519.SigningKey(seed: Secret(copying: Array(first..<(first + 32))))
  }
}

@Suite struct CheckpointTests {
  @Test("The golden checkpoint and cosignature are made")
  func golden() throws {
    let signer = try Ed25519NoteSigner(name: "example.com/ledger", key: GoldenNote.key(seedFrom: 0))
    let witness = try Cosigner(name: "witness.example.com/w1", key: GoldenNote.key(seedFrom: 32))
    #expect(signer.verifierKey.description == GoldenNote.logKey)
    #expect(witness.verifierKey.description == GoldenNote.witnessKey)
    let checkpoint = try Checkpoint(origin: "example.com/ledger", size: 8, root: KnownTree.roots[7])
    #expect(checkpoint.noteText == GoldenNote.text)
    var note = try SignedNote(text: checkpoint.noteText, signedBy: signer)
    #expect(String(decoding: note.bytes, as: UTF8.self) == GoldenNote.checkpoint)
    try note.add(witness.cosign(note, time: 1_700_000_000))
    #expect(String(decoding: note.bytes, as: UTF8.self) == GoldenNote.cosigned)
  }

  @Test("The golden note is verified")
  func goldenNote() throws {
    let logKey = try VerifierKey(GoldenNote.logKey)
    let witnessKey = try VerifierKey(GoldenNote.witnessKey)
    let note = try SignedNote(decoding: bytes(GoldenNote.cosigned))
    let signed = try SignedCheckpoint(
      verifying: note, origin: "example.com/ledger", logKey: logKey, witnesses: [witnessKey])
    #expect(signed.checkpoint.size == 8)
    #expect(signed.checkpoint.root == KnownTree.roots[7])
    #expect(signed.verifiedKeys == [logKey, witnessKey])
    #expect(signed.cosignatures.map(\.key) == [witnessKey])
    #expect(signed.cosignatures.map(\.time) == [1_700_000_000])
    let alone = try SignedCheckpoint(verifying: note, origin: "example.com/ledger", logKey: logKey)
    #expect(alone.verifiedKeys == [logKey])
    #expect(alone.cosignatures.isEmpty)
    #expect(throws: TransparencyError(.wrongOrigin, "")) {
      try SignedCheckpoint(verifying: note, origin: "example.com/ledgeR", logKey: logKey)
    }
  }

  /// A checkpoint of a public log, with cosignatures of public witnesses and a signature of a type not known here.
  @Test("The checkpoint of a public log is verified")
  func publicLog() throws {
    let text = """
      arche2025h1.staging.ct.transparency.dev
      1432088532
      U7WM79jrzyhGZ5/GUBTpM7NzwdyfFx61t3RovgcC4Ro=

      — arche2025h1.staging.ct.transparency.dev zTM8sQAAAZ5W0WdjBAMARjBEAiBjW5IQf9pvsYLfQFX6hoGREPMHbdQ3urbllzalApkptQIgIpwtEroeW2BXaHAI4kJXFbon5Ch9MNL5zRNZ55lvGt0=
      — arche2025h1.staging.ct.transparency.dev ui8GwCF1+kWqZrxGdhj4aX3gcw7XUlXQQabg/27lefwhUkzbC3NygNI75MdhL1bfTW9g8Ei59RA23oHP7Ry1k3ZFWwQ=
      — transparency.dev/DEV:witness-little-garden 2AQqhwAAAABqEiEgzgFIqqhbUoDwjMWE6UP8nd8/KYTzwZ2rhIgcqoXHAwVkjZr4AscylP3v7sEodkRAErumC2q44vdgJY096st5BQ==
      — witness1.smartit.nu/witness1 pIyCDwAAAABqEiEghIp82KWebrw7/oHQwlTAm3g2RKS4+eebl8eO0WH+/iEcxZ75W3u5hNI7TOQtmJbqmNWVuE0tgh0XwzdZsDsUAQ==
      — remora.n621.de 2net5wAAAABqEiEgPlfF3V06o0Y+fHM+J5J9s27wgxxcOVSpZ/2g/KSiXCg9DEZI+aVCIobWX9sXTynk5XeU/zZ0WBxtqB0DrAWfBw==
      — witness.stagemole.eu Z/euoAAAAABqEiEgw0i+7g2ENfDAWHmtRzCfKTHSDwYDJA2NmKeGi9Y8FtEyOUvVr+AJmIY/2TUFucgKi7lI7cUiOvKFYe/TmN9DAg==

      """
    let logKey = try VerifierKey(
      "arche2025h1.staging.ct.transparency.dev+ba2f06c0+AU0vHmlGCS/PdN8b2OaGmKprLI8HKM+dJ472xgFYh15f")
    let witnesses = try [
      "remora.n621.de+da77ade7+BOvN63jn/bLvkieywe8R6UYAtVtNbZpXh34x7onlmtw2",
      "transparency.dev/DEV:witness-little-garden+d8042a87+BCtusOxINQNUTN5Oj8HObRkh2yHf/MwYaGX4CPdiVEPM",
    ].map { text in try VerifierKey(text) }
    let signed = try SignedCheckpoint(
      verifying: SignedNote(decoding: bytes(text)), origin: "arche2025h1.staging.ct.transparency.dev", logKey: logKey,
      witnesses: witnesses)
    #expect(signed.checkpoint.size == 1_432_088_532)
    #expect(signed.verifiedKeys == [logKey] + witnesses)
    #expect(signed.cosignatures.map(\.time) == [1_779_573_024, 1_779_573_024])
  }

  @Test("A witness does not stand in for the log")
  func witnessAlone() throws {
    let logKey = try VerifierKey(GoldenNote.logKey)
    let witnessKey = try VerifierKey(GoldenNote.witnessKey)
    let witnessLine = GoldenNote.cosigned.dropFirst(GoldenNote.checkpoint.count)
    let note = try SignedNote(decoding: bytes(GoldenNote.text + "\n" + witnessLine))
    #expect(try note.verifiedKeys(among: [witnessKey]) == [witnessKey])
    #expect(throws: TransparencyError(.missingSignature, "")) {
      try SignedCheckpoint(verifying: note, origin: "example.com/ledger", logKey: logKey, witnesses: [witnessKey])
    }
  }

  /// All 255 other values of every byte: the log's signature or the text is no longer good, or, where the witness's line
  /// has become one of an unknown key, its cosignature no longer counts.
  @Test("Any changed byte shows")
  func changedByte() throws {
    let logKey = try VerifierKey(GoldenNote.logKey)
    let witnessKey = try VerifierKey(GoldenNote.witnessKey)
    let whole = bytes(GoldenNote.cosigned)
    let witnessStart = bytes(GoldenNote.checkpoint).count
    for place in whole.indices {
      for value in UInt8.min...UInt8.max where value != whole[place] {
        var changed = whole
        changed[place] = value
        guard let note = try? SignedNote(decoding: changed) else { continue }
        let forBoth = try? SignedCheckpoint(
          verifying: note, origin: "example.com/ledger", logKey: logKey, witnesses: [witnessKey])
        let accepted = forBoth.map { $0.verifiedKeys.contains(witnessKey) || place < witnessStart } ?? false
        if accepted { Issue.record("The note passed with byte \(place) set to \(value).") }
        if let forBoth, forBoth.note.text != GoldenNote.text { Issue.record("Another text passed: byte \(place).") }
      }
    }
  }

  @Test(
    "Malformed checkpoints are refused",
    arguments: [
      "", "\n", "o\n", "o\n1\n", "o\n1\n\n", "\n1\n\(root)\n", "o\n01\n\(root)\n", "o\n-1\n\(root)\n",
      "o\n+1\n\(root)\n",
      "o\n\n\(root)\n", "o\n1 \n\(root)\n", "o\n0x1\n\(root)\n", "o\n00\n\(root)\n",
      "o\n18446744073709551616\n\(root)\n",
      "o\n\u{661}\n\(root)\n", "o\n1\n\(root)", "o\n1\n\(root)\n\n", "o\n1\n\(root)\n\next\n", "o\n1\n\(root)\next",
      "o\n1\n\(root.dropLast())\n", "o\n1\nAAAA\n", "o\n1\n\(root.dropLast(2))h=\n", "o\n1\n \(root)\n",
      "o\n1\n\(root)=\n",
      "o\n1\n5db0\n", "o\n1\n\(root)\nex\tt\n",
    ])
  func malformed(text: String) {
    #expect(throws: TransparencyError(.malformedCheckpoint, "")) { try Checkpoint(noteText: text) }
  }

  private static let root = "XcnaeacGWamtVZy3Ad7ZoqudgjqtL0lgz+Nw7/RgQyg="

  @Test("Well-formed checkpoints come back")
  func roundTrip() throws {
    for size in [0, 1, 10, UInt64.max] {
      for extensions in [[], ["a"], ["a b", "— x"]] {
        let checkpoint = try Checkpoint(
          origin: "log with spaces é", size: size, root: KnownTree.roots[2], extensions: extensions)
        let read = try Checkpoint(noteText: checkpoint.noteText)
        #expect(read == checkpoint)
        #expect(read.size == size)
        #expect(read.extensions == extensions)
      }
    }
    #expect(throws: TransparencyError(.malformedCheckpoint, "")) { try Checkpoint(origin: "", size: 0, root: .zero) }
    #expect(throws: TransparencyError(.malformedCheckpoint, "")) {
      try Checkpoint(origin: "a\nb", size: 0, root: .zero)
    }
    #expect(throws: TransparencyError(.malformedCheckpoint, "")) {
      try Checkpoint(origin: "a", size: 0, root: .zero, extensions: [""])
    }
  }

  @Test("Only checkpoints are cosigned, and only at a time")
  func cosignable() throws {
    let witness = try Cosigner(name: "w", key: GoldenNote.key(seedFrom: 32))
    let signer = try Ed25519NoteSigner(name: "n", key: GoldenNote.key(seedFrom: 0))
    let letter = try SignedNote(text: "Dear all\n", signedBy: signer)
    #expect(throws: TransparencyError(.malformedCheckpoint, "")) { try witness.cosign(letter, time: 1) }
    let note = try SignedNote(decoding: bytes(GoldenNote.checkpoint))
    #expect(throws: TransparencyError(.signingFailed, "")) { try witness.cosign(note, time: -1) }
    #expect(throws: TransparencyError(.signingFailed, "")) { try witness.cosign(note, time: 0) }
    for time in [1, 1_700_000_000, 253_402_300_799] as [Int64] {
      var cosigned = note
      try cosigned.add(witness.cosign(note, time: time))
      let signed = try SignedCheckpoint(
        verifying: cosigned, origin: "example.com/ledger", logKey: VerifierKey(GoldenNote.logKey),
        witnesses: [witness.verifierKey])
      #expect(signed.cosignatures.map(\.time) == [time])
    }
  }

  @Test("Times of 64 bits are refused")
  func largeTimes() throws {
    let key = try GoldenNote.key(seedFrom: 32)
    let witness = try Cosigner(name: "w", key: key)
    for time in ["9223372036854775808", "-9223372036854775808"] {
      let signature = try key.sign(bytes("cosignature/v1\ntime \(time)\n\(GoldenNote.text)"))
      var note = try SignedNote(decoding: bytes(GoldenNote.checkpoint))
      let timestamped = [0x80, 0, 0, 0, 0, 0, 0, 0] + signature
      try note.add(NoteSignature(keyName: "w", keyID: witness.verifierKey.id, bytes: timestamped))
      #expect(throws: TransparencyError(.invalidSignature, "")) { try note.verifiedKeys(among: [witness.verifierKey]) }
    }
  }

  @Test("Extension lines are cosigned")
  func extensions() throws {
    let witness = try Cosigner(name: "w", key: GoldenNote.key(seedFrom: 32))
    let signer = try Ed25519NoteSigner(name: "n", key: GoldenNote.key(seedFrom: 0))
    let one = try SignedNote(text: GoldenNote.text + "one\n", signedBy: signer)
    var two = try SignedNote(text: GoldenNote.text + "two\n", signedBy: signer)
    try two.add(witness.cosign(one, time: 1))
    #expect(throws: TransparencyError(.invalidSignature, "")) { try two.verifiedKeys(among: [witness.verifierKey]) }
  }
}
