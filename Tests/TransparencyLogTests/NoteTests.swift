import LedgerCrypto
import Testing
import TransparencyLog

/// Keys, text and signatures that other implementations of notes test with.
enum KnownNote {
  static let peterKey = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
  static let enochKey = "EnochRoot+af0cfe78+ATtqJ7zOtqQtYqOo0CpvDXNlMhV3HeJDpjrASKGLWdop"
  static let peterSeed = "AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz"
  static let text = """
    If you think cryptography is the answer to your problem,
    then you don't know what your problem is.

    """
  static let peterLine =
    "— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n"
  static let enochLine =
    "— EnochRoot rwz+eBzmZa0SO3NbfRGzPCpDckykFXSdeX+MNtCOXm2/5n2tiOHp+vAF1aGrQ5ovTG01oOTGwnWLox33WWd1RvMc+QQ=\n"
}

func bytes(_ text: String) -> [UInt8] { Array(text.utf8) }

@Suite struct VerifierKeyTests {
  @Test(
    "Known keys are read and written alike",
    arguments: [
      KnownNote.peterKey, KnownNote.enochKey, "TEST+7997405c+AQcC+FTVKf0jlTdHDY3rbevmnKxxPjigCXlVtGe6RIr6",
      "remora.n621.de+da77ade7+BOvN63jn/bLvkieywe8R6UYAtVtNbZpXh34x7onlmtw2",
    ])
  func knownKeys(text: String) throws {
    let key = try VerifierKey(text)
    #expect(key.description == text)
    #expect(try VerifierKey(name: key.name, type: key.type, key: key.key) == key)
  }

  @Test("Parts are refused")
  func parts() {
    let text = bytes(KnownNote.peterKey)
    for start in 0..<text.count {
      for end in start...text.count where end - start < text.count {
        #expect(throws: TransparencyError(.malformedKey, "")) {
          try VerifierKey(String(decoding: text[start..<end], as: UTF8.self))
        }
      }
    }
  }

  @Test("Any changed byte is refused")
  func changedByte() throws {
    let text = bytes(KnownNote.peterKey)
    for place in text.indices {
      for value in UInt8(0)..<128 where value != text[place] {
        var changed = text
        changed[place] = value
        if (try? VerifierKey(String(decoding: changed, as: UTF8.self))) != nil {
          Issue.record("The key passed with byte \(place) set to \(value).")
        }
      }
    }
  }

  @Test(
    "Keys of a wrong size, type or case are refused",
    arguments: [
      "PeterNeumann+cc469956+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TWBADKEY==",
      "PeterNeumann+173116ae+ZRpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
      "PeterNeumann+C74F20A3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
    ])
  func badKeys(text: String) {
    #expect(throws: TransparencyError(.malformedKey, "")) { try VerifierKey(text) }
  }

  @Test(
    "Names with spaces or pluses are refused",
    arguments: ["", "a b", "a+b", "a\u{A0}b", "a\u{2003}b", "a\tb", "a\n", "a\u{1}", " "])
  func badNames(name: String) throws {
    let key = try Ed25519.VerifyingKey(bytes: [UInt8](repeating: 1, count: 32))
    #expect(throws: TransparencyError(.malformedKey, "")) { try VerifierKey(name: name, type: .ed25519, key: key) }
  }

  @Test("Names that Unicode calls equivalent differ")
  func equivalentNames() throws {
    let key = try Ed25519.VerifyingKey(bytes: [UInt8](repeating: 1, count: 32))
    let composed = try VerifierKey(name: "caf\u{E9}", type: .ed25519, key: key)
    let decomposed = try VerifierKey(name: "cafe\u{301}", type: .ed25519, key: key)
    #expect(composed.name == decomposed.name)
    #expect(composed != decomposed)
  }
}

@Suite struct SignedNoteTests {
  @Test("A note is signed as others sign it")
  func signed() throws {
    let seed = try #require(Base64.decode(KnownNote.peterSeed)).dropFirst()
    let signer = try Ed25519NoteSigner(
      name: "PeterNeumann", key: Ed25519.SigningKey(seed: Secret(copying: Array(seed))))
    #expect(signer.verifierKey.description == KnownNote.peterKey)
    let note = try SignedNote(text: KnownNote.text, signedBy: signer)
    #expect(String(decoding: note.bytes, as: UTF8.self) == KnownNote.text + "\n" + KnownNote.peterLine)
  }

  @Test("Known signatures are verified, and others ignored")
  func knownSignatures() throws {
    let peter = try VerifierKey(KnownNote.peterKey)
    let enoch = try VerifierKey(KnownNote.enochKey)
    let whole = bytes(KnownNote.text + "\n" + KnownNote.peterLine + KnownNote.enochLine)
    let note = try SignedNote(decoding: whole)
    #expect(note.text == KnownNote.text)
    #expect(note.bytes == whole)
    #expect(note.signatures.map(\.keyName) == ["PeterNeumann", "EnochRoot"])
    #expect(try note.verifiedKeys(among: [peter]) == [peter])
    #expect(try note.verifiedKeys(among: [enoch, peter, enoch]) == [enoch, peter])
    #expect(throws: TransparencyError(.missingSignature, "")) { try note.verifiedKeys(among: []) }
    let stranger = try VerifierKey(name: "EnochRoot", type: .cosignature, key: enoch.key)
    #expect(throws: TransparencyError(.missingSignature, "")) { try note.verifiedKeys(among: [stranger]) }
  }

  @Test("A known key that fails rejects the note")
  func failingKey() throws {
    let peter = try VerifierKey(KnownNote.peterKey)
    let enoch = try VerifierKey(KnownNote.enochKey)
    let spoiled = KnownNote.enochLine.replacing("2/5n2t", with: "2/5n2s")
    #expect(spoiled != KnownNote.enochLine)
    let note = try SignedNote(decoding: bytes(KnownNote.text + "\n" + KnownNote.peterLine + spoiled))
    #expect(try note.verifiedKeys(among: [peter]) == [peter])
    #expect(throws: TransparencyError(.invalidSignature, "")) { try note.verifiedKeys(among: [peter, enoch]) }
    // One good signature by a key does not make up for a bad one by the same.
    let both = try SignedNote(decoding: bytes(KnownNote.text + "\n" + KnownNote.enochLine + spoiled))
    #expect(throws: TransparencyError(.invalidSignature, "")) { try both.verifiedKeys(among: [enoch]) }
  }

  @Test("The text may have empty lines")
  func emptyLines() throws {
    let lines = ["\n", "\n\n", "a\n\nb\n", "a\n\n", "a\n\n\n", "— x AAAAAAA=\n", "a\n\n— x AAAAAAA=\n"]
    for text in lines {
      let note = try SignedNote(decoding: bytes(text + "\n— name AAAAAAA=\n"))
      #expect(note.text == text)
      #expect(note.signatures.count == 1)
    }
  }

  @Test(
    "Malformed notes are refused",
    arguments: [
      "", "\n", "\n\n", KnownNote.text, KnownNote.text + "\n", "\n" + KnownNote.peterLine,
      KnownNote.text + KnownNote.peterLine, KnownNote.text + "\n" + KnownNote.peterLine.dropLast(),
      "\u{1}" + KnownNote.text + "\n" + KnownNote.peterLine, "\r\n" + KnownNote.text + "\n" + KnownNote.peterLine,
      KnownNote.text + "\n" + KnownNote.peterLine + "Unexpected line.\n",
      KnownNote.text + "\n" + KnownNote.peterLine + "\n",
      KnownNote.text + "\n— Bad Name x08go/ZJkuBS9UG/\n", KnownNote.text + "\n— Bad+Name x08go/ZJkuBS9UG/\n",
      KnownNote.text + "\n—  x08go/ZJkuBS9UG/\n", KnownNote.text + "\n— name x08go/ZJkuBS9UG\n",
      KnownNote.text + "\n— name x08go/ZJkuBS9UG/ \n", KnownNote.text + "\n— name\n", KnownNote.text + "\n— name \n",
      KnownNote.text + "\n— name AAAA\n", KnownNote.text + "\n— name AAAAAA==\n",
      KnownNote.text + "\n— name AAAAAAB=\n",
      KnownNote.text + "\n- name x08go/ZJkuBS9UG/\n", KnownNote.text + "\n—name x08go/ZJkuBS9UG/\n",
    ])
  func malformed(text: String) {
    #expect(throws: TransparencyError(.malformedNote, "")) { try SignedNote(decoding: bytes(text)) }
  }

  @Test("Invalid UTF-8 is refused")
  func invalidUTF8() {
    let note = bytes(KnownNote.text + "\n" + KnownNote.peterLine)
    #expect(throws: TransparencyError(.malformedNote, "")) { try SignedNote(decoding: [0xFF] + note) }
  }

  @Test("Limits hold")
  func limits() throws {
    let hundred = bytes(KnownNote.text + "\n" + String(repeating: KnownNote.peterLine, count: 100))
    var note = try SignedNote(decoding: hundred)
    #expect(note.signatures.count == 100)
    #expect(try note.verifiedKeys(among: [VerifierKey(KnownNote.peterKey)]).count == 1)
    for count in [101, 102, 103, 500] {
      let many = bytes(KnownNote.text + "\n" + String(repeating: KnownNote.peterLine, count: count))
      #expect(throws: TransparencyError(.malformedNote, "")) { try SignedNote(decoding: many) }
    }
    let stranger = try NoteSignature(keyName: "other", keyID: 1, bytes: [1])
    #expect(throws: TransparencyError(.malformedNote, "")) {
      var full = try SignedNote(
        decoding: bytes(KnownNote.text + "\n" + (0..<100).map { "— n\($0) AAAAAAA=\n" }.joined()))
      try full.add(stranger)
    }
    // One of the same key replaces the others.
    try note.add(NoteSignature(keyName: "PeterNeumann", keyID: 0xc74f_20a3, bytes: [1]))
    #expect(note.signatures.count == 1)

    let ending = "\n\n— name AAAAAAA=\n"
    let largest = String(repeating: "a", count: SignedNote.maximumByteCount - ending.utf8.count) + ending
    #expect(try SignedNote(decoding: bytes(largest)).bytes.count == SignedNote.maximumByteCount)
    #expect(throws: TransparencyError(.malformedNote, "")) { try SignedNote(decoding: bytes("a" + largest)) }
    #expect(throws: TransparencyError(.malformedNote, "")) {
      var full = try SignedNote(decoding: bytes(largest))
      try full.add(stranger)
    }
  }

  @Test("Texts that are no lines are not signed", arguments: ["", "abc", "abc\n\tdef\n", "a\r\n"])
  func noLines(text: String) throws {
    let signer = try Ed25519NoteSigner(
      name: "n", key: Ed25519.SigningKey(seed: Secret(copying: [UInt8](repeating: 1, count: 32))))
    #expect(throws: TransparencyError(.malformedNote, "")) { try SignedNote(text: text, signedBy: signer) }
  }

  @Test("A signer's failure is thrown on")
  func signerFailure() {
    struct Locked: NoteSigner {
      let name = "hsm"
      let keyID: UInt32 = 1
      func sign(_ text: [UInt8]) throws(TransparencyError) -> [UInt8] {
        throw TransparencyError(.signingFailed, "Locked.")
      }
    }
    #expect(throws: TransparencyError(.signingFailed, "")) { try SignedNote(text: "a\n", signedBy: Locked()) }
  }
}
