import EventLog
import LMDB
import LedgerCrypto
import LedgerDomain
import LedgerEvents

extension Directory {
  /// Removes every keyed hash of the person. What was sealed stays in its rows and can be read by nobody any more.
  ///
  /// A rebuild after the erasure finds the key destroyed and makes no hash in the first place, so both ways lead to
  /// the same rows. Costs what the person has of rows, however many others there are.
  func erase(_ event: SubjectErased, _ position: PositionNumber, _ transaction: inout WriteTransaction) throws(LogError) {
    let name = try PublicID(of: event.person, at: position)
    try put(event.account, at: .publicID(.erasedPerson, name), in: &transaction)
    let own = try ownRows(of: name, in: transaction)
    try eraseHashes(StoredAccount.self, .account, own[.account], &transaction) { row in
      row.account.isDisabled = true
      row.account.isErased = true
      defer { row.identity = nil }
      return row.identity.map { [.digest(.accountByIdentity, $0, 0)] } ?? []
    }
    for account in own[.account] ?? [] { try index(.account, account, under: [], &transaction) }
    try eraseHashes(StoredPhone.self, .phone, own[.phone], &transaction) { row in
      defer {
        row.number = nil
        row.phone.isRemoved = true
      }
      // A number that was removed may be another's now.
      guard !row.phone.isRemoved else { return [] }
      return [.pair(.phoneOfAccount, row.phone.account.rawValue, row.phone.id.rawValue)]
        + (row.number.map { [.digest(.phoneByNumber, $0, 0)] } ?? [])
    }
    try eraseHashes(StoredChallenge.self, .challenge, own[.challenge], &transaction) { row in
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
    try eraseHashes(StoredMembership.self, .membership, own[.membership], &transaction) { row in
      defer { row.number = nil }
      guard let number = row.number else { return [] }
      let known: DirectoryKey = .digest(.personByNumber, number, row.membership.id.rawValue)
      return row.membership.isRemoved
        ? [known] : [known, .digest(.membershipByNumber, number, row.membership.group.rawValue)]
    }
    try eraseHashes(StoredSubscription.self, .subscription, own[.subscription], &transaction) { row in
      defer { row.number = nil }
      guard let number = row.number else { return [] }
      let known: DirectoryKey = .digest(.personByNumber, number, row.subscription.id.rawValue)
      return row.subscription.isRemoved
        ? [known] : [known, .digest(.subscriptionByNumber, number, row.subscription.group.rawValue)]
    }
  }

  /// Notes that a row has something sealed under a person's key.
  func note(
    _ family: DirectoryKey.Family, _ number: UInt64, of person: some Collection<UInt8>,
    _ transaction: inout WriteTransaction
  ) throws(LogError) {
    let name = try PublicID(of: person, at: number)
    try put(UInt64(family.rawValue), at: .person(.rowOfPerson, name, number), in: &transaction)
  }

  /// The numbers of a person's rows, by family, in order.
  private func ownRows(
    of person: PublicID, in transaction: borrowing some Transaction & ~Copyable
  ) throws(LogError) -> [DirectoryKey.Family: [UInt64]] {
    var found: [DirectoryKey.Family: [UInt64]] = [:]
    var malformed: DirectoryKey?
    try stored { () throws(LMDBError) in
      try rows.forEach(
        from: .person(.rowOfPerson, person, 0), below: .person(.rowOfPerson, person, .max), in: transaction
      ) { key, bytes in
        guard case .person(_, _, let number) = key, let raw = UInt64(decoding: bytes).flatMap({ UInt8(exactly: $0) }),
          let family = DirectoryKey.Family(rawValue: raw)
        else {
          malformed = key
          return .stop
        }
        found[family, default: []].append(number)
        return .continue
      }
    }
    if let malformed { throw Self.malformed(malformed) }
    return found
  }

  /// Changes rows of a family as `clear` does, and removes the rows whose keys it returns.
  private func eraseHashes<Stored: Row>(
    _ type: Stored.Type, _ family: DirectoryKey.Family, _ numbers: [UInt64]?, _ transaction: inout WriteTransaction,
    _ clear: (inout Stored) -> [DirectoryKey]
  ) throws(LogError) {
    for number in numbers ?? [] {
      let key = DirectoryKey.number(family, number)
      var row = try existing(type, at: key, in: transaction)
      let hashes = clear(&row)
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
