import EventLog
import LMDB
import LedgerCrypto
import LedgerDomain
import LedgerEvents

extension Directory {
  /// Removes every keyed hash of the person. What was sealed stays in its rows and can be read by nobody any more.
  ///
  /// A rebuild after the erasure finds the key destroyed and makes no hash in the first place, so both ways lead to
  /// the same rows. A full pass over the rows that carry hashes: erasures are rare.
  func erase(_ event: SubjectErased, _ position: Position, _ transaction: inout WriteTransaction) throws(LogError) {
    let person = Array(event.person)
    let name = try PublicID(of: event.person, at: position)
    try put(event.account, at: .publicID(.erasedPerson, name), in: &transaction)
    try eraseHashes(StoredAccount.self, .account, &transaction) { row in
      guard row.account.subject.personBytes == person else { return nil }
      row.account.isDisabled = true
      row.account.isErased = true
      defer { row.identity = nil }
      return row.identity.map { [.digest(.accountByIdentity, $0, 0)] } ?? []
    }
    try eraseHashes(StoredPhone.self, .phone, &transaction) { row in
      guard row.phone.number.personBytes == person else { return nil }
      defer {
        row.number = nil
        row.phone.isRemoved = true
      }
      // A number that was removed may be another's now.
      guard !row.phone.isRemoved else { return [] }
      return [.pair(.phoneOfAccount, row.phone.account.rawValue, row.phone.id.rawValue)]
        + (row.number.map { [.digest(.phoneByNumber, $0, 0)] } ?? [])
    }
    try eraseHashes(StoredChallenge.self, .challenge, &transaction) { row in
      guard row.challenge.number.personBytes == person else { return nil }
      // That a later challenge closes an earlier one is known by the hash alone; now all are closed.
      row.challenge.isClosed = true
      defer { row.number = nil }
      return row.number.map {
        [
          .digest(.challengeByNumber, $0, row.challenge.account.rawValue),
          .digest(.challengeOfNumber, $0, row.challenge.id.rawValue),
        ]
      } ?? []
    }
    try eraseHashes(StoredMembership.self, .membership, &transaction) { row in
      guard row.membership.number?.personBytes == person else { return nil }
      defer { row.number = nil }
      guard let number = row.number else { return [] }
      let known: DirectoryKey = .digest(.personByNumber, number, row.membership.id.rawValue)
      return row.membership.isRemoved
        ? [known] : [known, .digest(.membershipByNumber, number, row.membership.group.rawValue)]
    }
    try eraseHashes(StoredSubscription.self, .subscription, &transaction) { row in
      guard row.subscription.number?.personBytes == person else { return nil }
      defer { row.number = nil }
      guard let number = row.number else { return [] }
      let known: DirectoryKey = .digest(.personByNumber, number, row.subscription.id.rawValue)
      return row.subscription.isRemoved
        ? [known] : [known, .digest(.subscriptionByNumber, number, row.subscription.group.rawValue)]
    }
  }

  /// Changes the rows of a family that `clear` concerns, and removes the rows whose keys it returns.
  private func eraseHashes<Stored: Row>(
    _ type: Stored.Type, _ family: DirectoryKey.Family, _ transaction: inout WriteTransaction,
    _ clear: (inout Stored) -> [DirectoryKey]?
  ) throws(LogError) {
    var changed: [(key: DirectoryKey, row: Stored, hashes: [DirectoryKey])] = []
    var malformed: DirectoryKey?
    try stored { () throws(LMDBError) in
      try rows.forEach(from: .number(family, 0), below: .number(family, .max), in: transaction) { key, bytes in
        guard var row = Stored(decoding: bytes) else {
          malformed = key
          return .stop
        }
        if let hashes = clear(&row) { changed.append((key, row, hashes)) }
        return .continue
      }
    }
    if let malformed { throw Self.malformed(malformed) }
    for (key, row, hashes) in changed {
      try put(row, at: key, in: &transaction)
      for hash in hashes { try remove(hash, in: &transaction) }
    }
  }
}

/// The name of a person's key.
struct PersonRow: Row {
  let person: PublicID

  init(_ person: PublicID) { self.person = person }

  func encode(to writer: inout RowWriter) { writer.publicID(person) }

  init?(from reader: inout RowReader) {
    guard let person = reader.publicID() else { return nil }
    self.person = person
  }
}
