import EventLog
import LedgerCrypto
import LedgerEngine
import LedgerEvents
import Projections
import TransparencyLog

/// Which keys may have signed the checkpoints of a log that is read from a backup, an archive or an export.
///
/// The log names its keys in its own events, which holds a copy against itself. Against somebody who rewrites a copy whole only
/// a key that is known from elsewhere helps: where there is one, it must have signed the newest checkpoint.
struct CheckpointTrust {
  let origin: String
  /// Keys known from elsewhere; empty for none.
  private let trusted: [VerifierKey]
  /// The keys that events have named so far, oldest first, each up to the event that named the next.
  private var named: [VerifierKey] = []

  /// - Parameter trusted: keys known from elsewhere (C2SP signed-note).
  /// - Throws: `invalid_value` where one is none, or is of another ledger.
  init(origin: String, trusted: [String]) throws(LedgerError) {
    self.origin = origin
    self.trusted = try trusted.map { (text) throws(LedgerError) in
      guard let key = try? VerifierKey(text), key.type == .ed25519 else {
        throw LedgerError(
          .invalidValue, "verifierKey: expected a key as it is printed when a ledger is made", field: "verifierKey")
      }
      guard key.name == origin else {
        throw LedgerError(
          .invalidValue, "verifierKey: expected a key of \(origin); this one is of \(key.name)", field: "verifierKey")
      }
      return key
    }
  }

  /// Takes the keys that are known from elsewhere for those that the log names: where the log is the ledger itself.
  mutating func trustAll() { named = trusted }

  /// Whether a record may name a key.
  static func isOfInterest(_ header: RecordHeader) -> Bool {
    header.type == EventType.ledgerCreated.rawValue || header.type == EventType.signingKeyRotated.rawValue
  }

  /// Learns from a record, if it names a key.
  mutating func learn(from header: RecordHeader, _ bytes: [UInt8]) throws(LedgerError) {
    guard Self.isOfInterest(header) else { return }
    let bytesOfKey: [UInt8]
    switch try logged({ () throws(LogError) in try Record(bytes, at: header.position).event }) {
    case .ledgerCreated(let created):
      guard created.origin == origin else {
        throw LedgerError(
          .damaged, "the log begins as that of \(created.origin), not of \(origin)",
          position: Position(header.position))
      }
      bytesOfKey = .init(created.verifyingKey)
    case .signingKeyRotated(let rotated): bytesOfKey = .init(rotated.after)
    default: return
    }
    guard let key = try? VerifierKey(name: origin, type: .ed25519, key: Ed25519.VerifyingKey(bytes: bytesOfKey)) else {
      throw LedgerError(.damaged, "the event names a key that is none", position: Position(header.position))
    }
    if let last = named.indices.last { named[last] = named[last].upTo(header.position - 1) }
    named.append(key)
  }

  /// Checks that a checkpoint says what the tree says, and is signed by a key of the log.
  ///
  /// - Parameters:
  ///   - claimed: the keys that the copy says the ledger had when it was made: a key is made a moment before the event
  ///     that names it.
  ///   - isLast: whether it is the one that a key known from elsewhere must have signed.
  func check(
    _ note: String, size: UInt64, root: Digest, claimed: [String], isLast: Bool = true
  ) throws(LedgerError) {
    guard let signed = try? SignedNote(decoding: Array(note.utf8)),
      let expected = try? Checkpoint(origin: origin, size: size, root: root)
    else { throw LedgerError(.damaged, "the checkpoint of size \(size) is malformed", position: Position(size)) }
    guard signed.text == expected.noteText else {
      throw LedgerError(
        .damaged, "the checkpoint of size \(size) does not match the tree over the records", position: Position(size))
    }
    guard isSigned(signed, claimed: claimed) else {
      throw LedgerError(
        .damaged, "the checkpoint of size \(size) is not signed by a key that the log names", position: Position(size))
    }
    guard isLast, !trusted.isEmpty, (try? signed.verifiedKeys(among: trusted)) == nil else { return }
    throw LedgerError(
      .keyUnavailable,
      "the checkpoint of size \(size) is not signed by a key that was given: the keys are of another ledger, or the "
        + "copy was made by somebody else", position: Position(size))
  }

  /// Whether a key that the log names has signed a note, or the one that it was about to name.
  func isSigned(_ note: SignedNote, claimed: [String]) -> Bool {
    var known = named
    for text in claimed.dropFirst(named.count) {
      if let key = try? VerifierKey(text), key.name == origin { known.append(key) }
    }
    return !named.isEmpty && (try? note.verifiedKeys(among: known)) != nil
  }
}
